// The requests that nearly all traffic consists of: get, gets and set in their plain form. Any thread.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// Appends requests of the usual shape from p->data[pos] on, where a line begins, as long as they come and there is
// room. Returns where the first begins that is not taken, past p->len when the last one's data has not arrived. Of what
// it leaves it has touched nothing: that may be good all the same, and is for the general parser, which gives the same
// for what is taken here.
uint64_t take_usual_requests(weir_parse *p, uint64_t pos);

}  // namespace weir::memcache
