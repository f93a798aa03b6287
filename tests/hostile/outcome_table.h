// The table of outcomes in docs/security.md: written by the tests, and held to the corpus by them.
//
// It stands between the lines `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
#pragma once

#include <string>
#include <vector>

#include "tests/hostile/suite.h"

namespace evald::testing {

// Replaces what is between the markers of `name` in the file at `path`.
void WriteOutcomeTable(const std::string& path, const std::string& name,
                       const std::vector<HostileOutcome>& outcomes, const Lateness& lateness,
                       const bench::Samples& neighbour);

// What the table of `name` says otherwise than `scripts`, a line for each; empty if nothing.
std::string DifferencesFromTable(const std::string& path, const std::string& name,
                                 const std::vector<HostileScript>& scripts);

}  // namespace evald::testing
