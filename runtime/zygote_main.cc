// evald-zygote: holds one snapshot's isolate and forks workers from it. Started by evald, not by hand.
#include <sys/socket.h>

#include <cstdio>
#include <cstring>

#include "runtime/spawner.h"
#include "runtime/zygote.h"

int main(int argc, char** argv) {
  int type = 0;
  socklen_t size = sizeof type;
  if (argc > 1 || getsockopt(evald::kControlSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    std::fprintf(stderr, "%s is started by evald, which hands it its sockets; run evald instead\n", argv[0]);
    return 2;
  }
  return evald::RunZygote().ok() ? 0 : 1;
}
