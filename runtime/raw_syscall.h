// System calls that touch no memory of ours but their arguments: no errno, no libc. For code that runs while
// the image has to stay exactly as it is (the seal, the rewind, the zygote after its seal).
#pragma once

#include <sys/syscall.h>

namespace evald {

// The kernel's own result: negative errno on failure.
inline long RawSyscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
#else
#error "evald runs on x86-64 and 64-bit ARM"
#endif
}

template <typename T>
long RawArgument(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

}  // namespace evald
