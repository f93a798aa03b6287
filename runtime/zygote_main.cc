#include "runtime/zygote_main.h"

#include <sys/socket.h>

#include <cstdio>
#include <utility>

#include "runtime/extensions/builtin.h"
#include "runtime/spawner.h"
#include "runtime/zygote.h"

namespace evald {

int ZygoteMain(int argc, char** argv, std::vector<Extension> own) {
  int type = 0;
  socklen_t size = sizeof type;
  if (argc > 1 || getsockopt(kControlSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    std::fprintf(stderr, "%s is started by evald, which hands it its sockets; run evald instead\n", argv[0]);
    return 2;
  }
  return RunZygote(BuiltinAnd(std::move(own))).ok() ? 0 : 1;
}

}  // namespace evald
