// When the allocator asks the system for memory, and when it gives it back: as weir says, not at every chance.
#pragma once

namespace weir::heap {

// For the whole process, at its start. Left alone, the allocator maps each large block for itself and gives the end of
// its heap back at every chance: a page fault for every 4 KiB of every large message.
void keep_large_blocks();

// Every whole page that is free now, of all threads' memory but for the free ends of other threads' heaps: each worker
// calls it for itself. Takes as long as there is memory to give back; other threads may wait for it to allocate.
void give_back();

}  // namespace weir::heap
