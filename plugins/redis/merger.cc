#include "merger.h"

#include "command_table.h"
#include "verdict.h"
#include "writer.h"

namespace weir::redis {

namespace {

std::string_view failure_text(const weir_part &part) {
  switch (part.error) {
    case WEIR_ERR_TIMEOUT:
      return "-ERR Connection timed out\r\n";
    case WEIR_ERR_NO_SERVER:
      return "-ERR Connection refused\r\n";
    case WEIR_ERR_OVERLOAD:
      return "-ERR the server's queue is full\r\n";
    case WEIR_ERR_TOO_BIG:
      return "-ERR a reply is larger than client_output_limit\r\n";
    case WEIR_ERR_AUTH:
      return "-ERR the server refuses weir's password\r\n";
    default:
      return part.status == WEIR_PART_CLOSED ? "-ERR Connection reset by peer\r\n" : "-ERR Invalid argument\r\n";
  }
}
constexpr std::string_view kOddReply = "-ERR Invalid argument\r\n";

bool answered(const weir_part &part) {
  return part.status == WEIR_PART_OK && part.rsp_count == 1;
}
bool good(const weir_part &part) {
  return answered(part) && !(part.rsps[0].flags & WEIR_RF_ERROR);
}

class Merger {
 public:
  Merger(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out)
      : settings_(settings), m_(m), out_(out), w_(scope, out) {}

  weir_status run(Merge kind) {
    const weir_part *bad = first_failure(kind);
    if (bad && kind == Merge::kArray && settings_.mget_by_key) {
      array_with_failures();
      return w_.status();
    }
    if (bad) {
      if (m_->first == 0) write_failure(*bad);
      return w_.status();
    }
    switch (kind) {
      case Merge::kArray:
        array();
        break;
      case Merge::kSum:
        sum();
        break;
      case Merge::kConcat:
        concat();
        break;
      case Merge::kMinimum:
        minimum();
        break;
      default:  // kStatus, kFirst: all agree
        if (m_->first == 0 && m_->part_count) whole_reply(0);
    }
    return w_.status();
  }

 private:
  // The first part whose answer makes the command fail.
  const weir_part *first_failure(Merge kind) const {
    for (uint32_t i = 0; i < m_->part_count; ++i)
      if (!good(m_->parts[i]) || odd(kind, i)) return &m_->parts[i];
    return nullptr;
  }
  uint8_t type_of(uint32_t part) const {
    const uint8_t *first = out_->peek(out_, part + 1, 0, 1);
    return first ? *first : 0;
  }
  // A reply of another shape than the command's.
  bool odd(Merge kind, uint32_t part) const {
    const weir_part &p = m_->parts[part];
    switch (kind) {
      case Merge::kArray:
        return type_of(part) != '*' || p.item_count != p.pick_count;
      case Merge::kSum:
        return type_of(part) != ':';
      case Merge::kStatus:
        return type_of(part) != '+';
      case Merge::kConcat:
        return type_of(part) != '*';
      case Merge::kMinimum:
        return type_of(part) != '*' || p.item_count != m_->parts[0].item_count;
      default:
        return false;
    }
  }

  void whole_reply(uint32_t part) { w_.ref(part + 1, 0, m_->parts[part].rsps[0].size); }
  void write_failure(const weir_part &part) {
    uint32_t index = static_cast<uint32_t>(&part - m_->parts);
    if (answered(part) && !good(part))
      whole_reply(index);
    else
      w_.lit(part.status == WEIR_PART_OK ? kOddReply : failure_text(part));
  }

  void array() {
    if (m_->first == 0) w_.head('*', m_->key_count);
    RefRun run(w_);
    const weir_part *parts = m_->parts;
    const uint32_t *part_of = m_->part_of, *pos_in = m_->pos_in;
    for (uint32_t key = m_->first, end = m_->first + m_->count; key < end; ++key) {
      uint32_t part = part_of[key];
      const weir_item &item = parts[part].items[pos_in[key]];
      run.add(part + 1, item.off, item.len);
    }
  }

  // The keys of a failed part fail, the others do not.
  void array_with_failures() {
    if (m_->first == 0) w_.head('*', m_->key_count);
    for (uint32_t key = m_->first; key < m_->first + m_->count; ++key) {
      uint32_t part = m_->part_of[key];
      const weir_part &p = m_->parts[part];
      if (!good(p) || odd(Merge::kArray, part)) {
        write_failure(p);
        continue;
      }
      const weir_item &item = p.items[m_->pos_in[key]];
      w_.ref(part + 1, item.off, item.len);
    }
  }

  void sum() {
    if (m_->first != 0) return;
    int64_t total = 0;
    for (uint32_t i = 0; i < m_->part_count; ++i)
      if (__builtin_add_overflow(total, static_cast<int64_t>(m_->parts[i].rsps[0].user), &total)) total = INT64_MAX;
    w_.head(':', total > 0 ? static_cast<uint64_t>(total) : 0);  // counts only
  }

  void concat() {
    uint64_t total = 0;
    for (uint32_t i = 0; i < m_->part_count; ++i) total += m_->parts[i].item_count;
    w_.head('*', total);
    for (uint32_t i = 0; i < m_->part_count; ++i) {
      const weir_part &p = m_->parts[i];
      if (p.item_count == 0) continue;
      const weir_item &last = p.items[p.item_count - 1];
      w_.ref(i + 1, p.items[0].off, last.off + last.len - p.items[0].off);
    }
  }

  // SCRIPT EXISTS: a script exists when it does everywhere.
  void minimum() {
    uint32_t n = m_->part_count ? m_->parts[0].item_count : 0;
    w_.head('*', n);
    for (uint32_t k = 0; k < n; ++k) {
      bool everywhere = true;
      for (uint32_t i = 0; i < m_->part_count; ++i) everywhere &= m_->parts[i].items[k].user != 0;
      w_.lit(everywhere ? ":1\r\n" : ":0\r\n");
    }
  }

  const Settings &settings_;
  const weir_merge *m_;
  weir_out *out_;
  Writer w_;
};

}  // namespace

weir_status merge_replies(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out) {
  const Command &command = command_of(m->req->cmd, UserWord::unpack(m->req->user).sub);
  return Merger(settings, scope, m, out).run(command.merge());
}

}  // namespace weir::redis
