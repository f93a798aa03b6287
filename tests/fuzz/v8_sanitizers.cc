// What the address sanitizer is told where V8, which is not built with it, is in the process. Part of every
// program that links this; without the sanitizer nobody calls it.
//
// V8's heap is not searched for pointers, so whatever only it holds looks leaked. What cannot be allocated is
// V8's own business.

extern "C" const char*
__asan_default_options();  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "detect_leaks=0:allocator_may_return_null=1";
}
