// weir.client/1 as a plugin asks for it.
#include <gtest/gtest.h>

#include <string_view>

#include "core/plugin/host_client.h"

namespace weir::plugin {
namespace {

struct Someone final : ClientView {
  uint32_t server_of(uint32_t, weir_bytes) const override { return UINT32_MAX; }
  void about(weir_client_about &out) const override {
    out.descriptor = 7;
    out.peer = {reinterpret_cast<const uint8_t *>("them"), 4};
    out.age_us = 5;
    out.clients = 3;
  }
};

weir_scope scope_of(const ClientView *client) {
  weir_scope scope{};
  scope.struct_size = sizeof scope;
  scope.core = client;
  return scope;
}

TEST(ClientView, TellsOfTheScopesClient) {
  Someone someone;
  weir_scope scope = scope_of(&someone);
  weir_client_about about{};
  about.struct_size = sizeof about;
  ASSERT_EQ(WEIR_OK, ClientView::table()->about(&scope, &about));
  EXPECT_EQ(7, about.descriptor);
  EXPECT_EQ("them", std::string_view(reinterpret_cast<const char *>(about.peer.ptr), about.peer.len));
  EXPECT_EQ(3u, about.clients);
  EXPECT_EQ(sizeof about, about.struct_size);
}

TEST(ClientView, KnowsNobodyWhereThereIsNoClient) {
  weir_scope scope = scope_of(nullptr);
  weir_client_about about{};
  about.struct_size = sizeof about;
  EXPECT_EQ(WEIR_E_FAIL, ClientView::table()->about(&scope, &about));
  Someone someone;
  scope = scope_of(&someone);
  scope.struct_size = offsetof(weir_scope, core);  // an older one, which ends before
  EXPECT_EQ(WEIR_E_FAIL, ClientView::table()->about(&scope, &about));
}

TEST(ClientView, WritesNoMoreThanTheCallersStructHolds) {
  Someone someone;
  weir_scope scope = scope_of(&someone);
  weir_client_about about{};
  about.struct_size = offsetof(weir_client_about, age_us);
  about.age_us = 99;
  EXPECT_EQ(WEIR_OK, ClientView::table()->about(&scope, &about));
  EXPECT_EQ(7, about.descriptor);
  EXPECT_EQ(99u, about.age_us);
}

}  // namespace
}  // namespace weir::plugin
