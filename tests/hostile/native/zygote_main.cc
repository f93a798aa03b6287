// evald-zygote with the extension `syscalls`.
#include "runtime/zygote_main.h"

#include "tests/hostile/native/syscalls.h"

int main(int argc, char** argv) {
  return evald::ZygoteMain(argc, argv, {evald::testing::SyscallsExtension()});
}
