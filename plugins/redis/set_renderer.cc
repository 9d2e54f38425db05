#include "set_renderer.h"

#include "arguments.h"
#include "command_table.h"
#include "writer.h"

namespace weir::redis {

namespace {

// "$6\r\nSINTER\r\n"
std::string_view question(const Command &command, bool has_first_key) {
  bool sorted = command.numkeys() == NumkeysStyle::kZset && command.spec == KeySpec::kNumkeys;
  switch (command.merge()) {
    case Merge::kUnion:
      return "$6\r\nSUNION\r\n";
    case Merge::kDifference:
      if (has_first_key) return sorted ? "$5\r\nZDIFF\r\n" : "$5\r\nSDIFF\r\n";
      return sorted ? "$6\r\nZUNION\r\n" : "$6\r\nSUNION\r\n";
    default:
      return sorted ? "$6\r\nZINTER\r\n" : "$6\r\nSINTER\r\n";
  }
}

}  // namespace

weir_status render_set_part(const weir_scope *scope, const weir_render *r, weir_out *out) {
  const Command &command = kCommands[r->req->cmd];
  Writer w(scope, out);
  bool counted = command.spec == KeySpec::kNumkeys && command.numkeys() == NumkeysStyle::kZset;
  bool has_first_key = r->pick[0] == 0;
  // What stands behind the keys of a ZDIFF goes to the server whose part has the order of the result.
  bool tail = counted && has_first_key && command.merge() == Merge::kDifference;
  uint32_t behind = r->keys[r->req->key_count - 1].arg + 1;
  Arguments args;
  if (tail && !args.read(scope, out->peek(out, 0, 0, r->req->size), r->req->size, UINT32_MAX - 1)) return WEIR_E_NOMEM;
  if (r->first == 0) {
    uint64_t argc = 1 + uint64_t{r->pick_count} + counted + (tail ? args.count() - behind : 0);
    w.head('*', argc).lit(question(command, has_first_key));
    uint8_t digits[24];
    const uint8_t *begin = write_decimal(digits + sizeof(digits), r->pick_count);
    auto len = static_cast<size_t>(digits + sizeof(digits) - begin);
    if (counted) w.bulk({reinterpret_cast<const char *>(begin), len});
  }
  for (uint32_t i = r->first; i < r->first + r->count; ++i) {
    const weir_bytes &key = r->key_bytes[r->pick[i]];
    w.bulk({reinterpret_cast<const char *>(key.ptr), key.len});
  }
  if (!tail || r->first + r->count < r->pick_count) return w.status();
  for (uint32_t i = behind; i < args.count(); ++i) w.bulk({reinterpret_cast<const char *>(args[i].ptr), args[i].len});
  return w.status();
}

}  // namespace weir::redis
