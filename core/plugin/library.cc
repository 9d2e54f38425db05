#include "core/plugin/library.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <exception>
#include <string_view>
#include <vector>

#ifndef BOOST_DLL_USE_STD_FS
#define BOOST_DLL_USE_STD_FS
#endif
#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>

#include "core/base/file_guard.h"
#include "core/base/text.h"
#include "core/plugin/elf_check.h"

namespace weir::plugin {
namespace {

namespace dll = boost::dll;

constexpr std::string_view kEntryStem = "weir_plugin_v";
constexpr size_t kNamesShown = 3;

std::string speaks() {
  return "this weir speaks " + std::to_string(WEIR_ABI_MAJOR) + ": rebuild it with SDK " +
         std::to_string(WEIR_ABI_MAJOR) + "." + std::to_string(WEIR_ABI_MINOR);
}

std::string file_fault(const std::string &path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) {
    if (errno == ENOENT) return "does not exist: check the path, or build the plugin";
    return std::string("cannot be looked at: ") + std::strerror(errno);
  }
  if (S_ISDIR(st.st_mode)) return "is a folder, expected a .so file: list folders under plugins: path:";
  if (!S_ISREG(st.st_mode)) return "is not a regular file, expected a .so file";
  if (std::string fault = write_fault(path, Owners::trusted); !fault.empty()) return fault;
  return elf_fault(path);
}

// What compilers add by themselves when a sanitizer or coverage is on.
bool instrumentation(std::string_view name) {
  for (std::string_view stem : {"__asan_", "__odr_asan", "__ubsan_", "__tsan_", "__lsan_", "__msan_", "__sanitizer_",
                                "__sancov_", "__start___sancov", "__stop___sancov", "__gcov_", "__llvm_", "___asan_"}) {
    if (name.starts_with(stem)) return true;
  }
  return false;
}

bool is_entry(std::string_view name) {
  uint64_t major = 0;
  return name.starts_with(kEntryStem) && parse_decimal(name.substr(kEntryStem.size()), major);
}

std::string strangers_fault(const std::vector<std::string_view> &strangers) {
  std::vector<std::string_view> shown(strangers.begin(),
                                      strangers.begin() + static_cast<long>(std::min(strangers.size(), kNamesShown)));
  std::string text = "exports other names than its entry: " + join(shown);
  if (strangers.size() > shown.size()) text += " and " + std::to_string(strangers.size() - shown.size()) + " more";
  return text + ". They could clash with another plugin's: build it with weir_add_plugin() or its version script";
}

// Which names the file exports, judged.
std::string names_fault(const std::vector<std::string> &names) {
  std::vector<std::string_view> entries, strangers;
  bool ours = false;
  for (const std::string &full : names) {
    std::string_view name = std::string_view(full).substr(0, full.find('@'));
    if (instrumentation(name)) continue;
    (is_entry(name) ? entries : strangers).push_back(name);
    ours = ours || name == WEIR_ENTRY_NAME;
  }
  if (entries.empty()) {
    return "exports no " WEIR_ENTRY_NAME "(): it is no weir plugin, or was linked without the SDK's version script";
  }
  if (!strangers.empty()) return strangers_fault(strangers);
  if (ours) return "";
  std::string majors;
  for (std::string_view entry : entries) {
    majors.append(majors.empty() ? "" : ", ").append(entry.substr(kEntryStem.size()));
  }
  return "is built for plugin ABI major " + majors + ", " + speaks();
}

std::string symbol_fault(const std::string &path) {
  try {
    dll::library_info info(dll::fs::path(path), true);
    return names_fault(info.symbols());
  } catch (const std::exception &e) {  // the file changed meanwhile, or its symbol tables contradict each other
    return std::string("cannot be inspected (") + e.what() + "): build it again";
  }
}

std::string loader_text(const std::string &path) {
  const char *said = ::dlerror();
  std::string text = said == nullptr ? "the loader gave no reason" : said;
  if (text.starts_with(path + ": ")) text.erase(0, path.size() + 2);
  return text;
}

// A file as it was when it was mapped.
struct Mapped {
  std::string path;  // as the loader was told
  struct stat file;
  dll::shared_library library;
};

// Never destroyed, so never unmapped: threads, thread-local destructors and exit handlers may still run plugin code.
std::deque<Mapped> &mapped() {
  static auto *const the_mapped = new std::deque<Mapped>;
  return *the_mapped;
}

bool is_same_file(const struct stat &a, const struct stat &b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool is_unchanged(const struct stat &a, const struct stat &b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// The loader remembers files by the names it was told, even if another file stands there now. A name that it does not
// know makes it look.
std::string unknown_name(const std::string &path) {
  size_t slash = path.rfind('/');
  std::string name = path;
  auto known = [&] {
    return std::any_of(mapped().begin(), mapped().end(), [&](const Mapped &m) { return m.path == name; });
  };
  while (slash != std::string::npos && known()) name.insert(slash, "/.");
  return name;
}

const weir_module *call_entry(Mapped &mapped) {
  return mapped.library.get<const weir_module *()>(WEIR_ENTRY_NAME)();
}

}  // namespace

Result<const weir_module *> open_library(const std::string &path) {
  auto fault = [&](const std::string &text) { return Error{"plugin " + path + " " + text}; };
  if (std::string text = file_fault(path); !text.empty()) return fault(text);
  if (std::string text = symbol_fault(path); !text.empty()) return fault(text);

  struct stat now {};
  if (::stat(path.c_str(), &now) != 0) return fault(std::string("cannot be looked at: ") + std::strerror(errno));
  for (Mapped &m : mapped()) {
    if (!is_same_file(m.file, now)) continue;
    if (is_unchanged(m.file, now)) return call_entry(m);
    return fault(
        "was written over while it is in use, which breaks what runs: put a new version beside it and rename "
        "it (install or mv, not cp), then start weir again");
  }
  dll::fs::error_code failed;
  dll::shared_library library;
  const std::string name = unknown_name(path);
  library.load(name, dll::load_mode::rtld_now | dll::load_mode::rtld_local, failed);
  if (failed) {
    return fault("cannot be loaded: " + loader_text(name) +
                 ". Link what it needs into it (weir_add_plugin() finds such names when it is built)");
  }
  mapped().push_back({name, now, std::move(library)});
  if (!mapped().back().library.has(WEIR_ENTRY_NAME)) {
    mapped().back().file = {};  // nobody finds it again
    return fault("lost its " WEIR_ENTRY_NAME "(): build it again");
  }
  return call_entry(mapped().back());
}

}  // namespace weir::plugin
