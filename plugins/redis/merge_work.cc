#include "merge_work.h"

#include <cstdio>

#include "shapes.h"
#include "translation.h"
#include "verdict.h"

namespace weir::redis {

namespace {

constexpr std::string_view kOddReply = "Invalid argument";  // twemproxy's word for it

std::string_view failure_text(const weir_part &part) {
  switch (part.error) {
    case WEIR_ERR_TIMEOUT:
      return "Connection timed out";
    case WEIR_ERR_NO_SERVER:
      return "Connection refused";
    case WEIR_ERR_OVERLOAD:
      return "the server's queue is full";
    case WEIR_ERR_TOO_BIG:
      return "a reply is larger than client_output_limit";
    case WEIR_ERR_AUTH:
      return "the server refuses weir's password";
    default:
      return part.status == WEIR_PART_CLOSED ? "Connection reset by peer" : kOddReply;
  }
}

}  // namespace

weir_bytes MergeWork::text_of(uint32_t part, const weir_item &item) const {
  const uint8_t *bulk = item.len ? out_->peek(out_, part + 1, item.off, item.len) : nullptr;
  if (!bulk || *bulk != '$') return {nullptr, 0};
  auto line = static_cast<const uint8_t *>(std::memchr(bulk, '\n', item.len));
  uint64_t head = line ? static_cast<uint64_t>(line + 1 - bulk) : 0;
  if (!line || item.len < head + 2) return {nullptr, 0};
  return {line + 1, item.len - head - 2};
}

Echoes MergeWork::echoes_of(uint32_t part) {
  Echoes echoes;
  if (!m_->client_keys) return echoes;
  const uint8_t *reply = out_->peek(out_, part + 1, 0, m_->parts[part].rsps[0].size);
  weir_status status = find_echoes(scope_, m_, reply, echoes);
  if (status != WEIR_OK) w_.fail(status);
  return echoes;
}

void MergeWork::whole_reply(uint32_t part) {
  uint64_t size = m_->parts[part].rsps[0].size;
  Echoes echoes = echoes_of(part);
  if (!from_resp2_) {
    if (echoes.any()) return write_with(echoes, size, w_);
    w_.ref(part + 1, 0, size);
    return;
  }
  const Shape *shape = shape_of(m_->req->cmd, UserWord::unpack(m_->req->user).sub);
  Translation translation(w_, part + 1, 0, out_->peek(out_, part + 1, 0, size), size, echoes);
  if (!translation.run(shape && !shape->depends() ? shape->pattern : ".")) w_.fail(WEIR_E_FAIL);
}

// A command that goes to every server says which one failed: the others have carried it out.
void MergeWork::write_text(const weir_part &part, std::string_view text) {
  w_.lit("-ERR ").lit(text);
  const Command &command = command_of(m_->req->cmd, UserWord::unpack(m_->req->user).sub);
  if (command.policy == Policy::kAll) {
    char where[64];
    int n = part.server < settings_.servers
                ? std::snprintf(where, sizeof(where), " (server %u of %u)", part.server + 1, settings_.servers)
                : std::snprintf(where, sizeof(where), " (a server of the spare pool)");
    w_.copy(where, static_cast<uint64_t>(n));
  }
  w_.lit("\r\n");
}

void MergeWork::write_failure(const weir_part &part) {
  if (answered(part) && (part.rsps[0].flags & WEIR_RF_ERROR))
    whole_reply(static_cast<uint32_t>(&part - m_->parts));
  else
    write_text(part, part.status == WEIR_PART_OK ? kOddReply : failure_text(part));
}

}  // namespace weir::redis
