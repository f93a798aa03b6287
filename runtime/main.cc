// evald-zygote: holds one snapshot's isolate and forks workers from it. Started by evald, not by hand.
#include "runtime/zygote_main.h"

int main(int argc, char** argv) { return evald::ZygoteMain(argc, argv); }
