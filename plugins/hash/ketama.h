// Ketama: every live server owns points on a circle of 2^32; a key goes to the first point at or after its hash.
// Immutable once constructed; any number of workers read it at once.
#pragma once

#include <weir/hash.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::hash {

class KetamaRing {
 public:
  // More servers than this are refused: the points would take more than 100 MB.
  static constexpr uint32_t kMaxServers = 1 << 16;

  KetamaRing(const weir_server *servers, uint32_t n);  // throws std::length_error, std::bad_alloc
  uint32_t find(uint32_t hash) const;                  // WEIR_NO_SERVER when there is no live server
  std::string explain(uint64_t hash, weir_bytes key) const;

 private:
  struct Point {
    uint32_t value;
    uint32_t server;  // weir_server.index
  };

  const Point *point(uint32_t hash) const;  // with a live server only
  void add_points(const weir_server &server, uint64_t total_weight, size_t live);
  void sort_points();
  void cut_arcs();

  // Sorted by value, then one more of the highest value there is, which stands for the first: the circle's end. Empty
  // without a live server.
  std::vector<Point> points_;
  // The circle cut into equal arcs, numbered by the top bits of a hash: for each, the first point in it or after it.
  std::vector<uint32_t> arcs_;
  uint32_t shift_ = 0;  // a hash to its arc
};

extern const weir_dist kKetama;

}  // namespace weir::hash
