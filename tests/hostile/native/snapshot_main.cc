// evald-snapshot, as the daemon starts it, with the extension `syscalls`.
#include <cstdlib>
#include <cstring>

#include "snapshot/serve.h"

// The arguments are "--serve_fd" and N, or "--serve_fd=N".
int main(int argc, char** argv) {
  const char* const equals = argc > 1 ? std::strchr(argv[argc - 1], '=') : nullptr;
  const int fd = argc > 1 ? std::atoi(equals == nullptr ? argv[argc - 1] : equals + 1) : -1;
  if (!evald::snapshot::DieWithParent().ok()) return 1;
  return evald::snapshot::ServeRequest(fd, fd + 1).ok() ? 0 : 1;
}
