// What clients are told of requests, or parts, that cannot be sent. Constant data, any thread.
#pragma once

#include <string_view>

namespace weir::client {

constexpr std::string_view kNoServer = "Connection refused";  // what twemproxy's clients know
constexpr std::string_view kServerDown = "the server is down";
constexpr std::string_view kQueueFull = "the server's queue is full";
constexpr std::string_view kNotEncoded = "the command could not be encoded";
// There is no connection of a profile.
constexpr std::string_view kProfilesOut = "max_profiles kinds of server connections are in use";

}  // namespace weir::client
