#include "tests/support/plugin_host.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace weir::test {

const void *fake_extension(std::string_view id);  // those of plugin_host_extensions.cc

std::string plugin_path(const std::string &name) {
  return std::string(WEIR_PLUGIN_DIR) + "/" + name + ".so";
}

PluginFile::PluginFile(const std::string &path) {
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    error_ = dlerror();
    return;
  }
  auto entry = reinterpret_cast<const weir_module *(*)()>(dlsym(handle, WEIR_ENTRY_NAME));
  if (!entry) {
    error_ = path + " does not export " WEIR_ENTRY_NAME;
    return;
  }
  module_ = entry();
}

const weir_component *PluginFile::find(uint32_t kind, std::string_view name) const {
  for (uint32_t i = 0; module_ && i < module_->component_count; ++i) {
    const weir_component &component = module_->components[i];
    if (component.kind == kind && component.name == name) return &component;
  }
  return nullptr;
}

// ---- host
// ------------------------------------------------------------------------------------------------------------

struct FakeHostCalls {
  using Value = FakeHost::Value;
  static FakeHost *self(const weir_host *host) { return static_cast<FakeHost *>(host->ctx); }
  static Value *value(const weir_node *node) { return const_cast<Value *>(reinterpret_cast<const Value *>(node)); }
  static const weir_node *node(const Value *v) { return reinterpret_cast<const weir_node *>(v); }

  static void log(const weir_host *host, uint32_t, const char *txt, uint64_t len) {
    self(host)->log.emplace_back(txt, len);
  }
  static const weir_node *root(const weir_host *host) { return node(self(host)->root_.get()); }

  static uint32_t kind(const weir_node *n) {
    const Value &v = *value(n);
    int64_t number = 0;
    if (v.kind != WEIR_N_STR) return v.kind;
    if (v.text == "true" || v.text == "false") return WEIR_N_BOOL;
    return parse(v.text, number) ? WEIR_N_INT : WEIR_N_STR;
  }
  static uint32_t count(const weir_node *n) { return static_cast<uint32_t>(value(n)->children.size()); }
  static const weir_node *at(const weir_node *n, uint32_t i, weir_bytes *key) {
    if (i >= count(n)) return nullptr;
    Value &v = *value(n)->children[i];
    v.read = true;
    if (key) *key = {reinterpret_cast<const uint8_t *>(v.key.data()), v.key.size()};
    return node(&v);
  }
  static const weir_node *get(const weir_node *n, const char *key) {
    for (auto &v : value(n)->children) {
      if (v->key != key) continue;
      v->read = true;
      return node(v.get());
    }
    return nullptr;
  }

  static bool parse(const std::string &text, int64_t &out) {
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size();
  }
  static weir_status wrong(const weir_node *n, const char *expected) {
    complain(n, expected);
    return WEIR_E_CONFIG;
  }
  static weir_status boolean(const weir_node *n, uint32_t *out) {
    const std::string &text = value(n)->text;
    if (text != "true" && text != "false") return wrong(n, "expected true or false");
    *out = text == "true";
    return WEIR_OK;
  }
  static weir_status i64(const weir_node *n, int64_t *out) {
    return parse(value(n)->text, *out) ? WEIR_OK : wrong(n, "expected a number");
  }
  static weir_status f64(const weir_node *n, double *out) {
    *out = std::strtod(value(n)->text.c_str(), nullptr);
    return WEIR_OK;
  }
  static weir_status str(const weir_node *n, weir_bytes *out) {
    if (value(n)->kind != WEIR_N_STR) return wrong(n, "expected a string");
    *out = {reinterpret_cast<const uint8_t *>(value(n)->text.data()), value(n)->text.size()};
    return WEIR_OK;
  }
  static weir_status plain(const weir_node *n, uint64_t *out) {
    int64_t number = 0;
    if (!parse(value(n)->text, number) || number < 0) return wrong(n, "expected a number");
    *out = static_cast<uint64_t>(number);
    return WEIR_OK;
  }
  static weir_status duration_us(const weir_node *n, uint64_t *out) {
    weir_status status = plain(n, out);
    *out *= 1000;
    return status;
  }
  static void complain(const weir_node *n, const char *txt) {
    value(n)->host->complaints.push_back(value(n)->key + ": " + txt);
  }

  static weir_status about(const weir_scope *scope, weir_client_about *out) {
    static const std::string peer = "127.0.0.1:50000", local = "127.0.0.1:22121";
    if (!scope->core) return WEIR_E_FAIL;
    auto bytes = [](const std::string &s) { return weir_bytes{reinterpret_cast<const uint8_t *>(s.data()), s.size()}; };
    *out = {sizeof(*out), 8, bytes(peer), bytes(local), 7'000'000, 3};
    return WEIR_OK;
  }

  static const void *extension(const weir_host *, const char *id) {
    static const weir_config config = {
        sizeof(weir_config), 0, root, kind, count, at, get, boolean, i64, f64, str, duration_us, plain, complain};
    static const weir_client client = {sizeof(weir_client), 0, about};
    if (std::strcmp(id, WEIR_EXT_CONFIG) == 0) return &config;
    if (std::strcmp(id, WEIR_EXT_CLIENT) == 0) return &client;
    return fake_extension(id);
  }
};

FakeHost::FakeHost(Config config, uint32_t server_count) : servers(server_count) {
  host_ = {sizeof(weir_host), WEIR_ABI_MAJOR,     WEIR_ABI_MINOR,          this,
           "0.1.0",           FakeHostCalls::log, FakeHostCalls::extension};
  root_ = std::make_unique<Value>(Value{this, "", "", WEIR_N_MAP, true, {}});
  for (auto &[key, text] : config) put(*root_, key, text);
}

FakeHost::~FakeHost() {
  for (auto &hash : hashes_) {
    if (hash->inst != nullptr && hash->ops->destroy != nullptr) hash->ops->destroy(hash->inst);
  }
}

// Keys come in order, so that those of a map stand together.
void FakeHost::put(Value &parent, std::string_view path, const std::string &text) {
  size_t dot = path.find('.');
  std::string key(path.substr(0, dot));
  if (!key.empty() && key.find_first_not_of("0123456789") == std::string::npos) {
    parent.kind = WEIR_N_LIST;
  }
  bool known = !parent.children.empty() && parent.children.back()->key == key;
  if (!known) parent.children.push_back(std::make_unique<Value>(Value{this, key, "", WEIR_N_STR, false, {}}));
  Value &value = *parent.children.back();
  if (dot == std::string_view::npos) {
    value.text = text;
    return;
  }
  value.kind = WEIR_N_MAP;
  put(value, path.substr(dot + 1), text);
}

std::vector<std::string> FakeHost::unread() const {
  std::vector<std::string> keys;
  for (auto &v : root_->children)
    if (!v->read) keys.push_back(v->key);
  return keys;
}

// ---- memory
// ----------------------------------------------------------------------------------------------------------

FakeArena::FakeArena() {
  arena_ = {{sizeof(weir_arena), 0, alloc}, this};
}
FakeArena::~FakeArena() {
  for (Block &block : blocks_) std::free(block.ptr);
}

void *FakeArena::alloc(weir_arena *arena, uint64_t size, uint32_t align) {
  if (size == 0 || align == 0 || align > 64 || (align & (align - 1)) != 0) std::abort();
  void *ptr = nullptr;
  if (posix_memalign(&ptr, align < sizeof(void *) ? sizeof(void *) : align, size) != 0) return nullptr;
  std::memset(ptr, 0xA5, size);
  reinterpret_cast<Arena *>(arena)->self->blocks_.push_back({static_cast<uint8_t *>(ptr), size});
  return ptr;
}

bool FakeArena::owns(const uint8_t *ptr, uint64_t len) const {
  for (const Block &block : blocks_)
    if (ptr >= block.ptr && ptr + len <= block.ptr + block.size) return true;
  return false;
}

GuardedWindow::~GuardedWindow() {
  if (base_) munmap(base_, room_ + static_cast<uint64_t>(getpagesize()));
}

const uint8_t *GuardedWindow::place(std::string_view bytes) {
  uint64_t page = static_cast<uint64_t>(getpagesize());
  if (bytes.size() > room_) {
    if (base_) munmap(base_, room_ + page);
    room_ = (bytes.size() + page - 1) / page * page;
    void *mapped = mmap(nullptr, room_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) std::abort();
    base_ = static_cast<uint8_t *>(mapped);
    if (mprotect(base_ + room_, page, PROT_NONE) != 0) std::abort();
  }
  used_ = bytes.size();
  if (used_) std::memcpy(base_ + room_ - used_, bytes.data(), used_);
  return base_ + room_ - used_;
}

void GuardedWindow::poison() {
  if (used_) std::memset(base_ + room_ - used_, 0xDD, used_);
}

// ---- output
// ----------------------------------------------------------------------------------------------------------

FakeOut::FakeOut(FakeArena &arena, std::vector<std::string_view> sources)
    : arena_(arena), sources_(std::move(sources)), segs_(new weir_seg[1]) {
  out_ = {sizeof(weir_out), 0, segs_.get(), 0, 1, 0, 0, grow, peek, this};
}

weir_status FakeOut::grow(weir_out *out, uint32_t want) {
  FakeOut *self = static_cast<FakeOut *>(out->core);
  uint32_t cap = out->cap * 2 > out->len + want ? out->cap * 2 : out->len + want;
  std::unique_ptr<weir_seg[]> bigger(new weir_seg[cap]);
  std::memcpy(bigger.get(), out->segs, sizeof(weir_seg) * out->len);
  self->segs_ = std::move(bigger);
  out->segs = self->segs_.get();
  out->cap = cap;
  return WEIR_OK;
}

const uint8_t *FakeOut::peek(weir_out *out, uint32_t src, uint64_t off, uint64_t len) {
  FakeOut *self = static_cast<FakeOut *>(out->core);
  if (src >= self->sources_.size()) return nullptr;
  std::string_view source = self->sources_[src];
  if (off > source.size() || len > source.size() - off) return nullptr;
  return reinterpret_cast<const uint8_t *>(source.data()) + off;
}

std::string FakeOut::bytes(std::vector<std::string> &violations) const {
  std::string all;
  for (uint32_t i = 0; i < out_.len; ++i) {
    const weir_seg &seg = out_.segs[i];
    std::string where = "segment " + std::to_string(i) + ": ";
    if (seg.kind == WEIR_SEG_REF) {
      if (seg.src >= sources_.size() || seg.off > sources_[seg.src].size() ||
          seg.len > sources_[seg.src].size() - seg.off) {
        violations.push_back(where + "REF lies outside its source");
        continue;
      }
      all.append(sources_[seg.src].substr(seg.off, seg.len));
      continue;
    }
    if (seg.kind != WEIR_SEG_MEM && seg.kind != WEIR_SEG_LIT) violations.push_back(where + "unknown kind");
    if (seg.kind == WEIR_SEG_MEM && !arena_.owns(seg.ptr, seg.len))
      violations.push_back(where + "MEM lies outside the arena");
    all.append(reinterpret_cast<const char *>(seg.ptr), seg.len);
  }
  return all;
}

}  // namespace weir::test
