/* Prints how the structs marked ARRAY lie in memory. They are frozen for a major version: compare with abi.layout. */
#include <weir/weir.h>

#include <stdio.h>

#define STRUCT(T) printf("%s size %zu\n", #T, sizeof(T))
#define FIELD(T, f) printf("  %-12s %3zu + %zu\n", #f, offsetof(T, f), sizeof(((T *)0)->f))

int main(void) {
  printf("abi %u\n", WEIR_ABI_MAJOR);
#include "layout_fields.inc"
  return 0;
}
