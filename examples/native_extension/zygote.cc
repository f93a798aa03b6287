// An evald-zygote that has the extension `geo` besides the built-in ones: start evald with --zygote.
#include "examples/native_extension/geo.h"
#include "runtime/zygote_main.h"

int main(int argc, char** argv) { return evald::ZygoteMain(argc, argv, {examples::GeoExtension()}); }
