// The file that tells other programs our process id. Owned by the control thread for the life of the process.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/result.h"

namespace weir::app {

class PidFile {
 public:
  // Writes getpid() in decimal, without a line end. Call it after daemonize(). A file that names a proxy that runs is
  // left alone, unless it is the one that this process replaces.
  static Result<PidFile> write(const std::string &path, pid_t predecessor = -1);

  // Removes the file, unless another process wrote its own id there meanwhile.
  ~PidFile();
  PidFile(PidFile &&other) noexcept;
  PidFile &operator=(PidFile &&) = delete;

  const std::string &path() const { return path_; }

 private:
  PidFile(std::string path, pid_t pid) : path_(std::move(path)), pid_(pid) {}
  std::string path_;  // empty once moved from
  pid_t pid_;
};

}  // namespace weir::app
