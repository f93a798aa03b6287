// The extension `syscalls`: lets a script do what only machine code can do. For tests of what the kernel
// makes of it.
//
//   syscall(name, ...arguments)   the system call, as it is; an argument is a number, a string (passed as its
//   bytes, ended by a
//                                 NUL) or a typed array (passed as its memory). Returns its result, a
//                                 negative errno if it failed.
//   syscall32(number)             the same by the processor's 32-bit entry, on x86-64
//   abort()                       ends the process as the C library does it
//   poke(address)                 writes to an address
#pragma once

#include "runtime/extension.h"

namespace evald::testing {

Extension SyscallsExtension();

}  // namespace evald::testing
