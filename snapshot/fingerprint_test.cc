#include "snapshot/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace evald::snapshot {
namespace {

SnapshotPart Part(std::string name, std::string sha256) {
  SnapshotPart part;
  part.set_name(std::move(name));
  part.set_sha256(std::move(sha256));
  return part;
}

EnvelopeHeader Header() {
  EnvelopeHeader header;
  header.set_v8_version("10.2.154");
  header.set_v8_flags("--single-threaded");
  header.set_ops_digest("aa");
  header.set_architecture("x86_64");
  *header.add_extensions() = Part("console", "c0");
  *header.add_extensions() = Part("pricing", "p0");
  *header.add_modules() = Part("rules", "r0");
  *header.add_warmup() = Part("warm.js", "w0");
  *header.add_canaries() = Part("sum", "s0");
  return header;
}

TEST(Fingerprint, Is64HexadecimalDigits) {
  EXPECT_TRUE(IsFingerprint(Fingerprint(Header())));
  EXPECT_FALSE(IsFingerprint(""));
  EXPECT_FALSE(IsFingerprint(std::string(63, 'a')));
  EXPECT_FALSE(IsFingerprint(std::string(64, 'A')));
  EXPECT_FALSE(IsFingerprint("../" + std::string(61, 'a')));
}

TEST(Fingerprint, EveryPartChangesIt) {
  const std::vector<std::function<void(EnvelopeHeader&)>> changes = {
      [](EnvelopeHeader&) {},
      [](EnvelopeHeader& h) { h.set_v8_version("10.2.155"); },
      [](EnvelopeHeader& h) { h.set_v8_flags(""); },
      [](EnvelopeHeader& h) { h.set_ops_digest("ab"); },
      [](EnvelopeHeader& h) { h.set_architecture("aarch64"); },
      [](EnvelopeHeader& h) { h.mutable_extensions(0)->set_name("consolf"); },
      [](EnvelopeHeader& h) { h.mutable_extensions(0)->set_sha256("c1"); },
      [](EnvelopeHeader& h) { h.mutable_extensions()->SwapElements(0, 1); },
      [](EnvelopeHeader& h) { h.mutable_extensions()->RemoveLast(); },
      [](EnvelopeHeader& h) { *h.add_extensions() = Part("", ""); },
      [](EnvelopeHeader& h) { h.mutable_modules(0)->set_name("rule"); },
      [](EnvelopeHeader& h) { h.mutable_modules(0)->set_sha256("r1"); },
      [](EnvelopeHeader& h) { *h.add_modules() = Part("more", "m0"); },
      [](EnvelopeHeader& h) { h.clear_modules(); },
      [](EnvelopeHeader& h) { h.mutable_warmup(0)->set_name("warm.mjs"); },
      [](EnvelopeHeader& h) { h.mutable_warmup(0)->set_sha256("w1"); },
      [](EnvelopeHeader& h) { *h.add_warmup() = Part("warm.js", "w0"); },
      [](EnvelopeHeader& h) { h.clear_warmup(); },
      [](EnvelopeHeader& h) { h.mutable_canaries(0)->set_name("product"); },
      [](EnvelopeHeader& h) { h.mutable_canaries(0)->set_sha256("s1"); },
      [](EnvelopeHeader& h) { h.clear_canaries(); },
  };
  std::set<std::string> seen;
  for (size_t i = 0; i < changes.size(); ++i) {
    EnvelopeHeader header = Header();
    changes[i](header);
    EXPECT_TRUE(seen.insert(Fingerprint(header)).second) << "change " << i;
  }
}

TEST(Fingerprint, MovingAByteBetweenNeighboursChangesIt) {
  // Each moves one byte over a boundary of the sequence that is hashed.
  const std::vector<std::function<void(EnvelopeHeader&)>> moves = {
      [](EnvelopeHeader& h) {
        h.set_v8_version("10.2.15");
        h.set_v8_flags("4--single-threaded");
      },
      [](EnvelopeHeader& h) {
        h.set_v8_flags("--single-threade");
        h.set_ops_digest("daa");
      },
      [](EnvelopeHeader& h) {
        h.set_ops_digest("a");
        h.set_architecture("ax86_64");
      },
      [](EnvelopeHeader& h) {
        h.set_architecture("x86_6");
        h.mutable_extensions(0)->set_name("4console");
      },
      [](EnvelopeHeader& h) {
        h.mutable_extensions(0)->set_name("consol");
        h.mutable_extensions(0)->set_sha256("ec0");
      },
      [](EnvelopeHeader& h) {
        h.mutable_extensions(0)->set_sha256("c");
        h.mutable_extensions(1)->set_name("0pricing");
      },
      // An extension that becomes a module.
      [](EnvelopeHeader& h) {
        h.mutable_extensions()->RemoveLast();
        h.clear_modules();
        *h.add_modules() = Part("pricing", "p0");
        *h.add_modules() = Part("rules", "r0");
      },
      // A warm-up script that becomes a canary.
      [](EnvelopeHeader& h) {
        h.clear_warmup();
        h.clear_canaries();
        *h.add_canaries() = Part("warm.js", "w0");
        *h.add_canaries() = Part("sum", "s0");
      },
  };
  for (size_t i = 0; i < moves.size(); ++i) {
    EnvelopeHeader header = Header();
    moves[i](header);
    EXPECT_NE(Fingerprint(header), Fingerprint(Header())) << "move " << i;
  }
}

TEST(Fingerprint, WhenAndHowItWasBuiltDoesNotChangeIt) {
  EnvelopeHeader header = Header();
  header.set_generation(9);
  header.set_built_at_unix_millis(1);
  header.set_build_micros(2);
  header.add_build_log("a line");
  header.set_build_reason("forced");
  header.set_fingerprint("something");
  EXPECT_EQ(Fingerprint(header), Fingerprint(Header()));
}

}  // namespace
}  // namespace evald::snapshot
