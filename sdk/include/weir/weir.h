/* weir/weir.h - the whole plugin surface. */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H
#include "filter.h"
#include "hash.h"
#include "host.h"
#include "module.h"
#include "out.h"
#include "protocol.h"
#include "schema.h"
#include "types.h"
#endif
