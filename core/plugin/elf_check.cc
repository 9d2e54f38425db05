#include "core/plugin/elf_check.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

namespace weir::plugin {
namespace {

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr uint16_t kMachine = EM_RISCV;
#else
#error "name this machine's ELF number here"
#endif

constexpr const char *kTruncated = "is cut short (its headers name bytes past its end): copy or build it again";

bool inside(uint64_t offset, uint64_t length, uint64_t size) {
  return offset <= size && length <= size - offset;
}

bool read_at(std::ifstream &in, uint64_t offset, void *to, uint64_t length) {
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(static_cast<char *>(to), static_cast<std::streamsize>(length));
  return in.good();
}

std::string not_elf(std::string_view head) {
  if (head.empty()) return "is empty: build it again";
  if (head.starts_with("!<arch>")) return "is a static library (.a), expected a shared one: link it with -shared";
  return "is not a shared library (it has no ELF header): name the .so file that the build made";
}

std::string kind_fault(const Elf64_Ehdr &h) {
  if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB) {
    return "is not a 64-bit little-endian library: build it for this machine";
  }
  if (h.e_machine != kMachine) {
    return "is built for another kind of machine (ELF number " + std::to_string(h.e_machine) + ", this one is " +
           std::to_string(kMachine) + "): build it for this machine";
  }
  if (h.e_type == ET_REL) return "is an object file (.o), expected a shared library: link it with -shared";
  if (h.e_type == ET_EXEC) return "is a program, expected a shared library: link it with -shared";
  if (h.e_type != ET_DYN) return "is not a shared library (ELF type " + std::to_string(h.e_type) + ")";
  return "";
}

// The table at offset, or none when it does not fit the file.
template <class T>
bool read_table(std::ifstream &in, uint64_t offset, uint64_t entry, uint64_t count, uint64_t size,
                std::vector<T> &table) {
  if (entry != sizeof(T) || !inside(offset, sizeof(T) * count, size)) return false;
  table.resize(count);
  return count == 0 || read_at(in, offset, table.data(), sizeof(T) * count);
}

bool section_fits(const Elf64_Shdr &s, uint64_t size) {
  bool symbols = s.sh_type == SHT_SYMTAB || s.sh_type == SHT_DYNSYM;
  if (symbols && (s.sh_size == 0 || s.sh_size % sizeof(Elf64_Sym) != 0)) return false;
  return s.sh_type == SHT_NOBITS || s.sh_type == SHT_NULL || inside(s.sh_offset, s.sh_size, size);
}

std::string section_fault(std::ifstream &in, const Elf64_Ehdr &h, uint64_t size) {
  if (h.e_shnum == 0 || h.e_shoff == 0) {
    return "has no section table, so that its symbols cannot be checked: do not strip it further than strip(1) does";
  }
  std::vector<Elf64_Shdr> sections;
  if (h.e_shstrndx >= h.e_shnum || !read_table(in, h.e_shoff, h.e_shentsize, h.e_shnum, size, sections)) {
    return kTruncated;
  }
  for (const Elf64_Shdr &s : sections) {
    if (!section_fits(s, size)) return kTruncated;
  }
  if (sections[h.e_shstrndx].sh_type != SHT_STRTAB) return kTruncated;
  return "";
}

std::string segment_fault(std::ifstream &in, const Elf64_Ehdr &h, uint64_t size) {
  std::vector<Elf64_Phdr> segments;
  if (!read_table(in, h.e_phoff, h.e_phentsize, h.e_phnum, size, segments)) return kTruncated;
  bool dynamic = false;
  for (const Elf64_Phdr &p : segments) {
    bool in_file = p.p_type == PT_LOAD || p.p_type == PT_DYNAMIC;
    if (in_file && !inside(p.p_offset, p.p_filesz, size)) return kTruncated;
    if (p.p_type == PT_INTERP) return "is a program, expected a shared library: link it with -shared";
    dynamic = dynamic || p.p_type == PT_DYNAMIC;
  }
  return dynamic ? "" : "has no dynamic section, expected a shared library: link it with -shared";
}

}  // namespace

std::string elf_fault(const std::string &path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return std::string("cannot be read: ") + std::strerror(errno);
  const auto end = in.tellg();
  if (end < 0) return std::string("cannot be read: ") + std::strerror(errno);
  const uint64_t size = static_cast<uint64_t>(end);

  Elf64_Ehdr header{};
  const uint64_t shown = size < sizeof header ? size : sizeof header;
  if (shown > 0 && !read_at(in, 0, &header, shown)) return std::string("cannot be read: ") + std::strerror(errno);
  std::string_view head(reinterpret_cast<const char *>(&header), shown);
  if (!head.starts_with(std::string_view(ELFMAG, SELFMAG))) return not_elf(head);
  if (size < sizeof header) return kTruncated;
  if (std::string fault = kind_fault(header); !fault.empty()) return fault;
  if (std::string fault = segment_fault(in, header, size); !fault.empty()) return fault;
  return section_fault(in, header, size);
}

}  // namespace weir::plugin
