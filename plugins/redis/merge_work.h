// What all ways of joining replies share: the parts, what is wrong with one, and how its failure is told. On the stack
// of one merge().
#pragma once

#include "command_table.h"
#include "key_echo.h"
#include "session.h"
#include "settings.h"
#include "writer.h"

namespace weir::redis {

class MergeWork {
 public:
  MergeWork(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out)
      : settings_(settings), scope_(scope), m_(m), out_(out), w_(scope, out), from_resp2_(is_resp3(m->req->profile)) {}

 protected:
  static bool answered(const weir_part &part) { return part.status == WEIR_PART_OK && part.rsp_count == 1; }
  static bool good(const weir_part &part) { return answered(part) && !(part.rsps[0].flags & WEIR_RF_ERROR); }

  // The byte that says of what type a part's reply is.
  uint8_t type_of(uint32_t part) const { return byte_of(part, 0); }
  uint8_t byte_of(uint32_t part, uint64_t off) const {
    const uint8_t *byte = out_->peek(out_, part + 1, off, 1);
    return byte ? *byte : 0;
  }
  bool is_list(uint32_t part) const { return type_of(part) == '*' || type_of(part) == '~'; }
  // The text of a bulk string, which an item is.
  weir_bytes text_of(uint32_t part, const weir_item &item) const;
  void whole_reply(uint32_t part);
  // Where the client's own keys go into a part's reply.
  Echoes echoes_of(uint32_t part);
  // The server's words, or weir's for what happened to the part.
  void write_failure(const weir_part &part);

  const Settings &settings_;
  const weir_scope *scope_;
  const weir_merge *m_;
  weir_out *out_;
  Writer w_;
  const bool from_resp2_;  // it may be, in part, though the client speaks RESP3

 private:
  void write_text(const weir_part &part, std::string_view text);
};

}  // namespace weir::redis
