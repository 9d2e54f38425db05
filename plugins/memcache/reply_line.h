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

// weir_rsp.flags of an error line.
inline uint32_t error_flags(std::string_view line, Shape asked) {
  bool misread = line == "ERROR" || starts(line, "CLIENT_ERROR bad command line");
  // The server did not take the line for what weir took it for, so it takes the data for commands.
  if (misread && (asked == Shape::kStore || asked == Shape::kCas)) return WEIR_RF_ERROR | WEIR_RF_CLOSE;
  if (starts(line, "ERROR Too many open connections")) return WEIR_RF_ERROR | WEIR_RF_TRANSIENT | WEIR_RF_CLOSE;
  return WEIR_RF_ERROR;
}

}  // namespace weir::memcache
