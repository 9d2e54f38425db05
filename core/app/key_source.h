// The keys that weir route and weir ring are asked about: of the command line, a file, standard input, or made up.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/app/loading.h"
#include "core/app/options.h"
#include "core/base/result.h"

namespace weir::app {

// Hands each key to `each`, which may keep what it is given until it returns. The error says which file cannot be read.
Status each_key(const KeyQuery &, const std::function<void(std::string_view)> &each);

// "key:0", "key:1", ...
void each_sample(uint64_t count, const std::function<void(std::string_view)> &each);

// The pool that was asked for; null: complaint says why. The result lives in `loaded`.
const route::Pool *asked_pool(const Loaded &loaded, const std::string &name, std::string &complaint);

// Whether standard output took everything: a full disk must not look like a short answer.
bool written();
constexpr const char *kNotWritten = "standard output took not all of the answer";

weir_bytes bytes_of(std::string_view text);

// A key's bytes for people: what is not printable ASCII as \xNN.
std::string printable(std::string_view key);
// Between quotes; bytes from 0x80 on become the characters of their number, so that the text is JSON whatever they are.
std::string json_key(std::string_view key);

}  // namespace weir::app
