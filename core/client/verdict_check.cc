#include "core/client/verdict_check.h"

#include <string_view>

#include "core/base/tags.h"
#include "core/client/filter_chain.h"
#include "core/client/front.h"
#include "core/client/request_kinds.h"

namespace weir::client {
namespace {

constexpr size_t kLongestInteger = 20;

bool is_integer(weir_bytes bytes) {
  std::string_view text(reinterpret_cast<const char *>(bytes.ptr), bytes.len);
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() <= kLongestInteger &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

const char *answer_fault(const Front &front, const weir_view &view, const weir_verdict &verdict) {
  if ((view.cmd->flags & WEIR_CMD_STATE) != 0) {
    return "a command that has changed the client's state already cannot be rejected or answered";
  }
  if (verdict.text.len > 0 && verdict.text.ptr == nullptr) return "its text is nowhere";
  if (verdict.text.len > front.settings.request_limit) return "its text is larger than request_limit";
  if (verdict.action == WEIR_V_REJECT) return nullptr;
  if (verdict.answer < WEIR_ERR_ANSWER || verdict.answer > WEIR_ERR_ANSWER_INT) return "its answer is of no known kind";
  if (verdict.answer == WEIR_ERR_ANSWER_INT && !is_integer(verdict.text)) return "its answer is no integer";
  return nullptr;
}

const char *target_fault(const Front &front, const weir_view &view, const weir_verdict &verdict) {
  const weir_req &req = *view.req;
  const Reach &reach = front.reach;
  const uint32_t pool = verdict.pool != FilterChain::kUnchanged ? verdict.pool : view.pool;
  const uint32_t way = reach.way(pool);
  if (way == Reach::kNoWay) return "it sends the request to a pool that is none of its targets";
  if (verdict.mirror_pool != FilterChain::kUnchanged && reach.way(verdict.mirror_pool) == Reach::kNoWay) {
    return "it mirrors the request to a pool that is none of its targets";
  }
  if (pool != view.pool && is_bound_to_pool(req)) return "a request with a lease or with topics stays in its pool";
  if (verdict.server == FilterChain::kUnchanged) return nullptr;
  if (verdict.server >= reach.servers(way)) return "there is no server with the index that it chose";
  if ((req.flags & kTopics) != 0) return "a request with topics goes where they are";
  if (req.route == WEIR_ROUTE_LEASED && reach.server_of(req.route_arg) != verdict.server) {
    return "a request goes over the connection that its client has, and to no other server";
  }
  return nullptr;
}

const char *keys_fault(const Front &front, const weir_view &view, const weir_verdict &verdict,
                       const OfferedKeys &offered) {
  const uint32_t n = view.key_count;
  if (verdict.rekey_count == 0) return nullptr;
  const weir_req &req = *view.req;
  if ((req.flags & kTopics) != 0 || (view.cmd->flags & WEIR_CMD_TOPICS) != 0) {
    return "the keys of a command of topics stay as they are";
  }
  if (front.protocol.render == nullptr) return "the protocol cannot encode other keys";
  if (verdict.new_keys != offered.keys || verdict.rekeyed != offered.marks) return "it moved the core's arrays";
  const uint64_t limit = front.settings.request_limit;
  uint32_t marked = 0;
  uint64_t size = req.size, gone = 0;
  for (uint32_t i = 0; i < n; ++i) {
    const weir_bytes &key = offered.keys[i];
    if (offered.marks[i] == 0) continue;
    ++marked;
    if (key.len == 0 || key.ptr == nullptr) return "one of its keys is empty";
    gone += view.keys[i].len;
    if (key.len > limit || key.len > UINT32_MAX || (size += key.len) > limit + gone) {
      return "its keys make the request larger than request_limit";
    }
  }
  return marked == verdict.rekey_count ? nullptr : "it marked not as many keys as its rekey_count says";
}

}  // namespace

const char *verdict_fault(const Front &front, const weir_view &view, const weir_verdict &verdict,
                          const OfferedKeys &offered) {
  if (verdict.tag.len > TagTable::kLongest || (verdict.tag.len > 0 && verdict.tag.ptr == nullptr)) {
    return "its tag is longer than 64 bytes, or nowhere";
  }
  switch (verdict.action) {
    case WEIR_V_CONTINUE:
      break;
    case WEIR_V_REJECT:
    case WEIR_V_ANSWER:
      return answer_fault(front, view, verdict);
    case WEIR_V_DROP_CLIENT:
      return nullptr;
    default:
      return "its verdict has an unknown action";
  }
  if (!goes_to_servers(*view.req)) return nullptr;
  if (const char *fault = target_fault(front, view, verdict); fault != nullptr) return fault;
  return keys_fault(front, view, verdict, offered);
}

}  // namespace weir::client
