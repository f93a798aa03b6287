// The system calls on which a store's integrity hangs, as a seam: tests make them fail, or end the process at
// them.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

namespace evald::snapshot {

// Each is the system call of that name: -1 and errno on failure, and Write may write less than it was given.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual ssize_t Write(int fd, const void* data, size_t size) { return write(fd, data, size); }
  virtual int Fsync(int fd) { return fsync(fd); }
  virtual int RenameAt(int folder, const char* from, const char* to) {
    return renameat(folder, from, folder, to);
  }
  virtual int UnlinkAt(int folder, const char* name) { return unlinkat(folder, name, 0); }
};

}  // namespace evald::snapshot
