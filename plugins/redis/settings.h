// One instance of the plugin: the configuration of one pool. Built in create(), read-only afterwards, shared by
// workers.
#pragma once

#include <weir/weir.h>

#include <atomic>
#include <memory>
#include <string>

#include "script_memory.h"

namespace weir::redis {

// What servers answered to HELLO 3.
enum class Spoken : uint8_t { kUnknown, kResp3, kResp2Too };

struct Settings {
  std::string auth;              // guards clients and opens server connections; empty = none
  int64_t db = 0;                // selected on every server connection
  bool mget_by_key = false;      // a failed part fails its keys, not the whole MGET
  bool forward_unknown = false;  // commands the table does not know go by their first argument
  bool allow_admin = false;
  bool deny_select = false;               // clients stay in the pool's own database
  bool shared_pubsub = false;             // clients listen together
  uint32_t servers = 0;                   // how many the pool has
  bool one_server = false;                // the pool is transparent
  std::string version;                    // weir's
  const weir_client *client = nullptr;    // NULLABLE: weir.client/1
  std::unique_ptr<ScriptMemory> scripts;  // NULLABLE: with several servers. It changes, and so does this:
  mutable std::atomic<Spoken> spoken{Spoken::kUnknown};  // any worker's thread

  // Whether a server may answer a RESP3 client in RESP2. Nobody knows until one has been asked.
  bool may_say_resp2() const { return spoken.load(std::memory_order_relaxed) != Spoken::kResp3; }

  // [config] Reads weir.config/1 and weir.pools/1. false: refused, complained about.
  bool read(const weir_host *host, weir_errbuf *err);
};

// weir.schema/1
const weir_schema *schema();

}  // namespace weir::redis
