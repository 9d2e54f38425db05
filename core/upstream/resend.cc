// What becomes of the requests on a connection that is lost: which are sent again, where, and who hears of the others.
#include "core/message/kept.h"
#include "core/upstream/server_connection.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {

void ServerConnection::fail_all(const Ending &ending, const Fate &fate) {
  const Part *unsent = queue_.unsent();
  Part *part = queue_.take(fate.keeps_unsent);
  cells_.retries.add(queue_.size());
  bool moves = fate.held && upstream_.with.pool.resends() == config::Retry::reads;
  uint64_t position = fate.resends || moves ? mark_changes(part, unsent) : 0;
  Part *again = nullptr, **again_end = &again;
  while (part != nullptr) {
    Part *next = part->next_expected;
    RequestOwner *owner = part->request->owner;
    bool safe = (fate.resends || moves) && may_be_sent_again(*part, ++position);
    if (safe && moves && (part->again & Part::kElsewhere) == 0 && Kept::has_key(*part->kept)) {
      part->again |= Part::kElsewhere;
      cells_.retries.add();
      owner->awaits_ring(*part);
    } else if (safe && fate.resends && (part->again & Part::kHere) == 0) {
      part->again |= Part::kHere;
      *again_end = part;
      again_end = &part->next_expected;
    } else {
      bool tell = !part->abandoned && owner != nullptr;
      part->abandoned = true;
      if (tell) owner->part_failed(*part, {ending.status, ending.error, ending.why}, fate.held);
      reactor_.requests.release(*part);
    }
    part = next;
  }
  *again_end = nullptr;
  if (again != nullptr) send_again(again);
}

// Notes for each owner where the last of its parts stood that was (partly) sent and may have changed something. The
// position before the first.
uint64_t ServerConnection::mark_changes(const Part *first, const Part *unsent) {
  uint64_t before = upstream_.position;
  for (const Part *part = first; part != nullptr && part != unsent; part = part->next_expected) {
    ++upstream_.position;
    RequestOwner *owner = part->request->owner;
    bool changes = (part->request->req.flags & WEIR_REQ_RETRY_SAFE) == 0;
    if (changes && owner != nullptr) owner->changed_at = upstream_.position;
  }
  return before;
}

// Sent again, it comes after what its client asked for later and may have got: it must not see what that changed.
bool ServerConnection::may_be_sent_again(const Part &part, uint64_t position) const {
  const RequestOwner *owner = part.request->owner;
  bool wanted = owner != nullptr && !part.abandoned && !part.begun;
  bool in_time = part.due_us == 0 || part.due_us > reactor_.now_us;
  bool safe = (part.request->req.flags & WEIR_REQ_RETRY_SAFE) != 0 && !lease_.is_one;
  return safe && (part.again & Part::kKept) != 0 && wanted && in_time && owner->changed_at < position;
}

// Instead of being answered, the oldest part is sent again, as its reply says. False: it cannot be, and nothing was
// done.
bool ServerConnection::send_head_again(const weir_rsp &rsp) {
  Part *part = queue_.head();
  RequestOwner *owner = part->request->owner;
  bool may = (part->again & Part::kKept) != 0 && (part->again & Part::kResent) != Part::kResent;
  if (!may || part->abandoned || owner == nullptr) return false;
  ++responses_;
  response_bytes_ += rsp.size;
  resends_ = 0;
  backend_.health.replied();
  cells_.retries.add();
  part->again = static_cast<uint8_t>(part->again + Part::kResentOnce);
  queue_.pop();
  owner->send_again(*part, rsp);
  return true;
}

// The parts go ahead of those that are here already: in the order in which they were sent before.
void ServerConnection::send_again(Part *first) {
  Chain bytes;
  for (const Part *part = first; part != nullptr; part = part->next_expected) {
    bytes.append(reactor_.chunks, part->kept->data(), part->kept->size());
    cells_.retries.add();
  }
  bytes.append(waiting_);
  waiting_.append(bytes);
  queue_.put_ahead(first);
}

}  // namespace weir::upstream
