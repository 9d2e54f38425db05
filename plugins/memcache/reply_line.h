// What a reply line says. Pure functions over bytes.
#pragma once

#include <string_view>

#include "command_table.h"

namespace weir::memcache {

inline bool starts(std::string_view line, std::string_view prefix) {
  return line.substr(0, prefix.size()) == prefix;
}

// digits, perhaps padded: memcached keeps the width of a decremented number
inline bool is_number(std::string_view line) {
  size_t i = 0;
  while (i < line.size() && line[i] >= '0' && line[i] <= '9') ++i;
  if (i == 0 || i > 20) return false;
  while (i < line.size() && line[i] == ' ') ++i;
  return i == line.size();
}

inline Answer when(bool condition, Answer answer) {
  return condition ? answer : kAnswerNone;
}

// What a line without its CRLF says; kAnswerNone when no reply can be that.
inline Answer classify(std::string_view line) {
  switch (line.empty() ? 0 : line[0]) {
    case 'V':
      return starts(line, "VALUE ") ? kAnswerValue : when(starts(line, "VERSION"), kAnswerVersion);
    case 'E':
      if (line == "END") return kAnswerEnd;
      return line == "EXISTS" ? kAnswerStored : when(starts(line, "ERROR"), kAnswerError);
    case 'S':
      if (line == "STORED") return kAnswerStored;
      return starts(line, "STAT ") ? kAnswerStat : when(starts(line, "SERVER_ERROR"), kAnswerError);
    case 'I':
      return when(starts(line, "ITEM "), kAnswerStat);
    case 'P':
      return when(starts(line, "PREFIX "), kAnswerStat);
    case 'R':
      return when(line == "RESET", kAnswerOk);
    case 'N':
      return line == "NOT_STORED" ? kAnswerStored : when(line == "NOT_FOUND", kAnswerMissing);
    case 'D':
      return when(line == "DELETED", kAnswerGone);
    case 'T':
      return when(line == "TOUCHED", kAnswerTouched);
    case 'O':
      return when(line == "OK", kAnswerOk);
    case 'C':
      return when(starts(line, "CLIENT_ERROR"), kAnswerError);
    default:
      return when(is_number(line), kAnswerNumber);
  }
}

// The same for a meta command: two letters and flags, or an error.
inline Answer classify_meta(std::string_view line) {
  if (line.size() == 2 || (line.size() > 2 && line[2] == ' ')) {
    const std::string_view code = line.substr(0, 2);
    if (code == "VA") return kAnswerMetaValue;
    for (std::string_view known : {"HD", "EN", "NF", "NS", "EX", "ME"})
      if (code == known) return kAnswerMeta;
  }
  const bool error = starts(line, "ERROR") || starts(line, "CLIENT_ERROR") || starts(line, "SERVER_ERROR");
  return when(error, kAnswerError);
}

// The same for a command that administers a server: whatever it says is the reply, but for a dump of keys.
inline Answer classify_admin(std::string_view line) {
  if (starts(line, "key=")) return kAnswerKey;
  return starts(line, "ERROR") || starts(line, "CLIENT_ERROR") || starts(line, "SERVER_ERROR") ? kAnswerError
                                                                                               : kAnswerOk;
}

// Whether memcached 1.6.18 says nothing when a quiet meta command gets a reply of this code.
inline bool is_kept_quiet(uint16_t cmd, std::string_view code) {
  return cmd == kMg ? code == "EN" : code == "HD" || (cmd == kMa && code == "VA");
}

// weir_rsp.flags of an error line.
inline uint32_t error_flags(std::string_view line, Shape asked) {
  bool misread = line == "ERROR" || starts(line, "CLIENT_ERROR bad command line");
  // The server did not take the line for what weir took it for, so it takes the data for commands.
  if (misread && (asked == Shape::kStore || asked == Shape::kCas || asked == Shape::kMetaStore))
    return WEIR_RF_ERROR | WEIR_RF_CLOSE;
  if (starts(line, "ERROR Too many open connections")) return WEIR_RF_ERROR | WEIR_RF_TRANSIENT | WEIR_RF_CLOSE;
  return WEIR_RF_ERROR;
}

}  // namespace weir::memcache
