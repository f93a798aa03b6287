// evald-snapshot with the extension `syscalls`.
#include "snapshot/snapshot_main.h"

#include "tests/hostile/native/syscalls.h"

int main(int argc, char** argv) {
  return evald::SnapshotMain(argc, argv, {evald::testing::SyscallsExtension()});
}
