// Random bytes from the system.
#pragma once

#include <cstddef>

namespace evald {

// From getrandom(2), with nothing in between that a fork or a rewind could repeat.
void DrawBytes(void* data, size_t size);

}  // namespace evald
