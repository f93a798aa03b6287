#include "runtime/extensions/testing/forkable.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "base/check.h"

namespace evald {

void LetForksInheritPages() {
  std::ifstream smaps("/proc/self/smaps");
  void* begin = nullptr;
  void* end = nullptr;
  for (std::string line; std::getline(smaps, line);) {
    void* first = nullptr;
    void* last = nullptr;
    if (std::sscanf(line.c_str(), "%p-%p ", &first, &last) == 2) {
      begin = first;
      end = last;
    } else if (line.starts_with("VmFlags:") && line.find(" dc") != std::string::npos) {
      madvise(begin, static_cast<size_t>(static_cast<char*>(end) - static_cast<char*>(begin)), MADV_DOFORK);
    }
  }
}

std::string InAFork(absl::FunctionRef<std::string()> body) {
  int ends[2];
  EVALD_CHECK(pipe(ends) == 0, "there are descriptors");
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = body();
    _exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n; (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<size_t>(n));
  close(ends[0]);
  int status = 1;
  waitpid(child, &status, 0);
  EVALD_CHECK(status == 0, "the fork wrote all of it");
  return text;
}

}  // namespace evald
