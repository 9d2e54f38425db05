#include "merger.h"

#include "arguments.h"
#include "info.h"
#include "pool_merger.h"
#include "resp2_servers.h"
#include "script_resend.h"
#include "select.h"
#include "set_merger.h"
#include "subscription.h"
#include "verdict.h"

namespace weir::redis {

namespace {

class Merger : public MergeWork {
 public:
  using MergeWork::MergeWork;

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
      case Merge::kAvailable:
        available();
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
  // A reply of another shape than the command's.
  bool odd(Merge kind, uint32_t part) const {
    const weir_part &p = m_->parts[part];
    switch (kind) {
      case Merge::kArray:
        return type_of(part) != '*' || p.item_count != p.pick_count;
      case Merge::kSum:
        return type_of(part) != ':';
      case Merge::kStatus:
      case Merge::kForget:
        return type_of(part) != '+';
      case Merge::kConcat:
        return !is_list(part);
      case Merge::kAvailable:
        return type_of(part) != '*' || p.item_count != m_->parts[0].item_count;
      default:
        return false;
    }
  }

  void array() {
    if (m_->first == 0) w_.head('*', m_->key_count);
    RefRun run(w_);
    const weir_part *parts = m_->parts;
    const uint32_t *part_of = m_->part_of, *pos_in = m_->pos_in;
    for (uint32_t key = m_->first, end = m_->first + m_->count; key < end; ++key) {
      uint32_t part = part_of[key];
      const weir_item &item = parts[part].items[pos_in[key]];
      if (is_old_null(item)) [[unlikely]] {
        run.flush();
        w_.lit("_\r\n");
      } else {
        run.add(part + 1, item.off, item.len);
      }
    }
  }
  // "$-1" is the only bulk of this length.
  bool is_old_null(const weir_item &item) const { return from_resp2_ && item.len == sizeof("$-1\r\n") - 1; }

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
      if (is_old_null(item))
        w_.lit("_\r\n");
      else
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

  // SCRIPT EXISTS: whether EVALSHA will find it, on every server, or with weir's help.
  void available() {
    uint32_t n = m_->part_count ? m_->parts[0].item_count : 0;
    Arguments args;
    const uint8_t *message = settings_.scripts ? out_->peek(out_, 0, 0, m_->req->size) : nullptr;
    bool readable = message && args.read(scope_, message, m_->req->size, n + 2);
    w_.head('*', n);
    for (uint32_t k = 0; k < n; ++k) {
      uint32_t have = 0;
      for (uint32_t i = 0; i < m_->part_count; ++i) have += m_->parts[i].items[k].user != 0;
      bool exists = have == m_->part_count;
      if (!exists && readable && k + 2 < args.count()) {
        ScriptMemory::Known known = settings_.scripts->known(args[k + 2]);
        exists = known == ScriptMemory::Known::kLoaded || (have > 0 && known == ScriptMemory::Known::kSeen);
      }
      w_.lit(exists ? ":1\r\n" : ":0\r\n");
    }
  }
};

}  // namespace

weir_status merge_replies(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out) {
  if (m->req->cmd == kSelectRow) return merge_select(settings, scope, m, out);
  if (is_translation(settings, m)) return translate(settings, scope, m, out);
  const Command &command = command_of(m->req->cmd, UserWord::unpack(m->req->user).sub);
  if (command.merge() == Merge::kInfo) {
    if (merge_info(settings, scope, m, out)) return WEIR_OK;
    return Merger(settings, scope, m, out).run(Merge::kFirst);
  }
  if (command.policy == Policy::kSubscription) return merge_subscriptions(settings, scope, m, out);
  if (PoolMerger::takes(command.merge())) return PoolMerger(settings, scope, m, out).run(command.merge());
  if (SetMerger::takes(command.merge())) return SetMerger(settings, scope, m, out).run(command);
  if (command.merge() == Merge::kLearn || command.merge() == Merge::kForget) note_scripts(settings, scope, m, out);
  return Merger(settings, scope, m, out).run(command.merge());
}

}  // namespace weir::redis
