// Where a result is written to, member by member: JSON text or a google.protobuf.Value.
#pragma once

#include <v8.h>

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/struct.pb.h"

namespace evald {

// Calls come in the order of the document. Key() comes before each member of an object.
class ValueSink {
 public:
  virtual ~ValueSink() = default;
  virtual void Null() = 0;
  virtual void Bool(bool value) = 0;
  // `value` is finite.
  virtual void Number(v8::Local<v8::Context> context, v8::Local<v8::Number> value) = 0;
  virtual void String(v8::Isolate* isolate, v8::Local<v8::String> value) = 0;
  virtual void BeginArray() = 0;
  virtual void EndArray() = 0;
  virtual void BeginObject() = 0;
  virtual void Key(v8::Isolate* isolate, v8::Local<v8::String> key) = 0;
  virtual void EndObject() = 0;
  // Bytes written so far.
  virtual uint64_t size() const = 0;
};

class JsonSink final : public ValueSink {
 public:
  explicit JsonSink(std::string& out) : out_(out) {}
  void Null() override;
  void Bool(bool value) override;
  void Number(v8::Local<v8::Context> context, v8::Local<v8::Number> value) override;
  void String(v8::Isolate* isolate, v8::Local<v8::String> value) override;
  void BeginArray() override;
  void EndArray() override;
  void BeginObject() override;
  void Key(v8::Isolate* isolate, v8::Local<v8::String> key) override;
  void EndObject() override;
  uint64_t size() const override { return out_.size(); }

 private:
  void Separate();
  void Quote(v8::Isolate* isolate, v8::Local<v8::String> text);

  std::string& out_;
  std::vector<bool> has_members_;  // for each open array or object
  bool after_key_ = false;
  std::vector<uint8_t> one_byte_;
  std::vector<uint16_t> two_byte_;
};

class StructSink final : public ValueSink {
 public:
  explicit StructSink(google::protobuf::Value& out) : root_(out) {}
  void Null() override;
  void Bool(bool value) override;
  void Number(v8::Local<v8::Context> context, v8::Local<v8::Number> value) override;
  void String(v8::Isolate* isolate, v8::Local<v8::String> value) override;
  void BeginArray() override;
  void EndArray() override { open_.pop_back(); }
  void BeginObject() override;
  void Key(v8::Isolate* isolate, v8::Local<v8::String> key) override;
  void EndObject() override { open_.pop_back(); }
  uint64_t size() const override { return size_; }

 private:
  google::protobuf::Value& Next();

  google::protobuf::Value& root_;
  std::vector<google::protobuf::Value*> open_;
  std::string key_;
  uint64_t size_ = 0;
};

}  // namespace evald
