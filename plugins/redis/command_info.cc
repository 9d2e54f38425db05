// COMMAND and its forms, generated from the table in the shape redis 7.0 uses.
#include "command_lookup.h"
#include "error_replies.h"
#include "local_replies.h"

namespace weir::redis {

namespace {

void flags_of(const Command &row, Writer &w) {
  struct {
    uint16_t bit;
    std::string_view text;
  } const names[] = {{kRead, "+readonly\r\n"},
                     {kWrite, "+write\r\n"},
                     {kAdmin, "+admin\r\n"},
                     {kMovable, "+movablekeys\r\n"},
                     {kNoAuth, "+no_auth\r\n"}};
  uint64_t n = 0;
  for (auto &name : names) n += (row.flags & name.bit) != 0;
  w.head('*', n);
  for (auto &name : names)
    if (row.flags & name.bit) w.lit(name.text);
}

void number(Writer &w, int64_t n) {
  if (n < 0)
    w.lit(":").head('-', static_cast<uint64_t>(-n));
  else
    w.head(':', static_cast<uint64_t>(n));
}

// Ten elements: name, arity, flags, first, last, step, categories, tips, key specifications, subcommands.
void describe(const Command &row, Writer &w) {
  bool range = row.spec == KeySpec::kRange || row.spec == KeySpec::kSort || row.spec == KeySpec::kGeo;
  bool destination = row.spec == KeySpec::kNumkeys && row.last == 1;
  w.lit("*10\r\n").head('$', row.name_len).lit(row.full_name()).lit("\r\n");
  number(w, row.arity);
  flags_of(row, w);
  number(w, destination ? 1 : range ? row.first : 0);
  number(w, destination ? 1 : range ? row.last : 0);
  number(w, destination ? 1 : range ? row.step : 0);
  w.lit("*0\r\n*0\r\n*0\r\n*0\r\n");
}

void describe_all(Writer &w) {
  w.head('*', kCommandCount - 1);
  for (uint32_t i = 1; i < kCommandCount; ++i) describe(kCommands[i], w);
}

void describe_named(const Arguments &args, Writer &w) {
  w.head('*', args.count() - 2);
  for (uint32_t i = 2; i < args.count(); ++i) {
    uint16_t row = find_command(args[i].ptr, args[i].len);
    if (row)
      describe(kCommands[row], w);
    else
      w.lit("$-1\r\n");
  }
}

void list(Writer &w) {
  w.head('*', kCommandCount - 1);
  for (uint32_t i = 1; i < kCommandCount; ++i)
    w.head('$', kCommands[i].name_len).lit(kCommands[i].full_name()).lit("\r\n");
}

}  // namespace

weir_status answer_command(const weir_scope *scope, std::string_view form, const Arguments &args, weir_out *out) {
  Writer w(scope, out);
  if (form == "command" || (form == "command|info" && args.count() == 2))
    describe_all(w);
  else if (form == "command|info")
    describe_named(args, w);
  else if (form == "command|count")
    w.head(':', kCommandCount - 1);
  else if (form == "command|docs")
    w.lit("*0\r\n");
  else if (form == "command|list" && args.count() == 2)
    list(w);
  else
    return write_error(scope, "weir answers COMMAND, COMMAND COUNT, COMMAND INFO, COMMAND DOCS and COMMAND LIST only",
                       out);
  return w.status();
}

}  // namespace weir::redis
