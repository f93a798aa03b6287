#include "daemon/workers/worker_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "base/frame.h"

namespace evald {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr size_t kMaxFrame = 1000;

class WorkerChannelTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<SocketPair> pair = MakeSocketPair();
    ASSERT_TRUE(pair.ok());
    worker_ = std::move(pair->theirs);
    channel_ = std::make_unique<WorkerChannel>(
        io_, std::move(pair->ours), kMaxFrame,
        WorkerChannel::Handlers{
            .on_ready = [this](const internal::WorkerReady&) { heard_.push_back("ready"); },
            .on_reply =
                [this](internal::WorkerReply& reply) { heard_.push_back("reply " + reply.value().json()); },
            .on_closed = [this](const absl::Status& why) { closed_ = why; }});
  }

  void Settle() {
    io_.restart();
    io_.poll();
  }
  void Ready(v1::IsolateOrigin origin) {
    internal::WorkerMessage message;
    message.mutable_ready()->set_isolate_origin(origin);
    Say(message);
  }
  void Reply(uint64_t id, const std::string& json) {
    internal::WorkerMessage message;
    message.mutable_reply()->set_request_id(id);
    message.mutable_reply()->mutable_value()->set_json(json);
    Say(message);
  }
  void Say(const google::protobuf::MessageLite& message) {
    ASSERT_TRUE(WriteFrame(worker_.get(), message).ok());
    Settle();
  }
  void SayBytes(std::string_view bytes) {
    ASSERT_EQ(send(worker_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    Settle();
  }
  void Request(uint64_t id, v1::Isolation isolation = v1::ISOLATION_PRISTINE) {
    internal::WorkerRequest request;
    request.set_request_id(id);
    request.mutable_eval()->set_isolation(isolation);
    channel_->Send(request);
  }
  std::string Complaint() { return closed_.has_value() ? std::string(closed_->message()) : "still open"; }

  boost::asio::io_context io_;
  UniqueFd worker_;
  std::unique_ptr<WorkerChannel> channel_;
  std::vector<std::string> heard_;
  std::optional<absl::Status> closed_;
};

TEST_F(WorkerChannelTest, CarriesRequestsAndReplies) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Request(7);
  internal::WorkerRequest got;
  ASSERT_TRUE(ReadFrame(worker_.get(), kMaxFrame, got).ok());
  EXPECT_EQ(got.request_id(), 7u);
  Reply(7, "42");
  Ready(v1::ISOLATE_ORIGIN_REWOUND);
  Request(8);
  Reply(8, "43");
  EXPECT_THAT(heard_, ElementsAre("ready", "reply 42", "ready", "reply 43"));
  EXPECT_FALSE(closed_.has_value());
}

TEST_F(WorkerChannelTest, HearsAReplyThatCameJustBeforeTheEnd) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Request(7);
  internal::WorkerMessage message;
  message.mutable_reply()->set_request_id(7);
  message.mutable_reply()->mutable_value()->set_json("1");
  ASSERT_TRUE(WriteFrame(worker_.get(), message).ok());
  worker_.reset();
  Settle();
  EXPECT_THAT(heard_, ElementsAre("ready", "reply 1"));
  ASSERT_TRUE(closed_.has_value());
  EXPECT_TRUE(closed_->ok());
}

TEST_F(WorkerChannelTest, WhatCannotBeParsedClosesIt) {
  SayBytes(std::string("\x02\0\0\0\xff\xff", 6));
  EXPECT_THAT(Complaint(), HasSubstr("cannot be parsed"));
}

TEST_F(WorkerChannelTest, AnOverlongFrameClosesItBeforeItArrives) {
  SayBytes(std::string("\xff\xff\xff\x7f", 4));
  EXPECT_THAT(Complaint(), HasSubstr("more than the limit of 1000"));
}

TEST_F(WorkerChannelTest, AReplyThatNobodyAskedForClosesIt) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Reply(7, "42");
  EXPECT_THAT(Complaint(), HasSubstr("nobody asked for"));
  EXPECT_THAT(heard_, ElementsAre("ready"));
}

TEST_F(WorkerChannelTest, AReplyWithAnotherIdClosesIt) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Request(7);
  Reply(6, "42");
  EXPECT_THAT(Complaint(), HasSubstr("request 6 instead of 7"));
}

TEST_F(WorkerChannelTest, ASecondReplyClosesIt) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Request(7);
  Reply(7, "1");
  Reply(7, "2");
  EXPECT_THAT(Complaint(), HasSubstr("nobody asked for"));
}

TEST_F(WorkerChannelTest, ReadyOutOfTurnClosesIt) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Ready(v1::ISOLATE_ORIGIN_REWOUND);
  EXPECT_THAT(Complaint(), HasSubstr("ready while idle"));
}

TEST_F(WorkerChannelTest, KeptStateIsNotTakenForPristine) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Request(7);
  Reply(7, "1");
  Ready(v1::ISOLATE_ORIGIN_REUSED);
  EXPECT_THAT(Complaint(), HasSubstr("wrong origin"));
}

TEST_F(WorkerChannelTest, KeptStateIsFineForReused) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  Request(7, v1::ISOLATION_REUSED);
  Reply(7, "1");
  Ready(v1::ISOLATE_ORIGIN_REUSED);
  EXPECT_THAT(heard_, ElementsAre("ready", "reply 1", "ready"));
}

TEST_F(WorkerChannelTest, LargeRequestsWaitForTheSocketToDrain) {
  Ready(v1::ISOLATE_ORIGIN_FORKED);
  internal::WorkerRequest request;
  request.set_request_id(1);
  request.mutable_eval()->set_source(std::string(8 << 20, 'x'));
  channel_->Send(request);
  std::string received;
  std::vector<char> buffer(1 << 20);
  while (received.size() < request.ByteSizeLong() + kFrameHeaderBytes) {
    Settle();
    const ssize_t n = recv(worker_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) received.append(buffer.data(), static_cast<size_t>(n));
  }
  EXPECT_EQ(received, EncodeFrame(request));
}

TEST_F(WorkerChannelTest, AfterHangingUpNothingIsHeard) {
  channel_->HangUp();
  Settle();
  char byte;
  EXPECT_EQ(recv(worker_.get(), &byte, 1, 0), 0);
  EXPECT_THAT(heard_, ElementsAre());
  EXPECT_FALSE(closed_.has_value());
}

}  // namespace
}  // namespace evald
