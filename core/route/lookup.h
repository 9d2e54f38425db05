// Where keys go and why, for people who ask. What it says is what Router does with the ring of servers that are all up.
// Owner and thread: whoever asks; not for the way of a request.
#pragma once

#include <string>

#include "core/route/router.h"

namespace weir::route {

class Lookup {
 public:
  explicit Lookup(const Pool &);  // which outlives it
  ~Lookup();
  Lookup(const Lookup &) = delete;
  Lookup &operator=(const Lookup &) = delete;

  uint32_t server(weir_bytes key) { return router_.route_one(pool_.ring(), key, 0); }

  struct Place {
    uint32_t server = WEIR_NO_SERVER;
    weir_bytes part{};       // what is hashed of the key
    bool is_hashed = false;  // else the distribution does not look at hashes, or there is one server
    uint64_t hash = 0;
    std::string how;  // in the distribution's words; empty = it has none
  };
  Place place(weir_bytes key);

  const Pool &pool() const { return pool_; }
  uint32_t hash_bits() const { return pool_.hash->hash().bits; }

 private:
  uint64_t hash_of(weir_bytes part) const;
  const Pool &pool_;
  void *const dist_worker_;
  Router router_;
};

}  // namespace weir::route
