// evald-zygote with the extension `syscalls`.
#include "runtime/zygote.h"

int main() { return evald::RunZygote().ok() ? 0 : 1; }
