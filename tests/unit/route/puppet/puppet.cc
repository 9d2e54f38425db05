// A plugin whose tables can be written: a test puts its own functions in before it has the file loaded.
#include <weir/weir.h>

namespace {

weir_protocol protocol;
weir_hash hash;
weir_dist dist;
weir_filter filter;

const weir_component kComponents[] = {
    {WEIR_K_PROTOCOL, 0, "puppet", "a protocol in a test's hands", &protocol, nullptr},
    {WEIR_K_HASH, 0, "puppet", "a hash in a test's hands", &hash, nullptr},
    {WEIR_K_DIST, 0, "puppet", "a distribution in a test's hands", &dist, nullptr},
    {WEIR_K_FILTER, 0, "puppet", "a filter in a test's hands", &filter, nullptr},
};
const weir_module kModule = {sizeof(weir_module),
                             WEIR_ABI_MAJOR,
                             WEIR_ABI_MINOR,
                             WEIR_ABI_MINOR,
                             0,
                             4,
                             "weir.test.puppet",
                             "1",
                             "",
                             "",
                             "",
                             nullptr,
                             kComponents};

}  // namespace

const weir_module *weir_plugin_v0(void) {
  return &kModule;
}
