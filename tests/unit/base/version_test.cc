#include "core/base/version.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Version, TheProgramAndTheBuildAgree) {
  EXPECT_STREQ(kVersion, WEIR_PROJECT_VERSION);
}

}  // namespace
}  // namespace weir
