#include "runtime/extensions/encoding/legacy.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ucnv_err.h>

#include <algorithm>
#include <vector>

namespace evald {
namespace {

struct Legacy {
  std::string_view name;    // also ICU's
  std::string_view labels;  // its name among them, a blank between two
};

constexpr std::string_view kIso8859Part16 = "iso-8859-16";
constexpr std::string_view kUserDefined = "x-user-defined";
constexpr std::string_view kIso2022Jp = "iso-2022-jp";
// What begins a shift of ISO-2022-JP, and the length of one.
constexpr uint8_t kEscape = 0x1B;
constexpr size_t kShiftSize = 3;

constexpr Legacy kLegacy[] = {
    {"ibm866", "866 cp866 csibm866 ibm866"},
    {"iso-8859-2",
     "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2"},
    {"iso-8859-3",
     "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3"},
    {"iso-8859-4",
     "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4"},
    {"iso-8859-5",
     "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988"},
    {"iso-8859-6",
     "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i "
     "iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"},
    {"iso-8859-7",
     "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
     "iso_8859-7:1987 sun_eu_greek"},
    {"iso-8859-8",
     "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 "
     "iso_8859-8:1988 visual"},
    {"iso-8859-8-i", "csiso88598i iso-8859-8-i logical"},
    {"iso-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6"},
    {"iso-8859-13", "iso-8859-13 iso8859-13 iso885913"},
    {"iso-8859-14", "iso-8859-14 iso8859-14 iso885914"},
    {"iso-8859-15", "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9"},
    {kIso8859Part16, "iso-8859-16"},
    {"koi8-r", "cskoi8r koi koi8 koi8-r koi8_r"},
    {"koi8-u", "koi8-ru koi8-u"},
    {"macintosh", "csmacintosh mac macintosh x-mac-roman"},
    {"windows-874", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874"},
    {"windows-1250", "cp1250 windows-1250 x-cp1250"},
    {"windows-1251", "cp1251 windows-1251 x-cp1251"},
    {"windows-1253", "cp1253 windows-1253 x-cp1253"},
    {"windows-1254",
     "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
     "windows-1254 x-cp1254"},
    {"windows-1255", "cp1255 windows-1255 x-cp1255"},
    {"windows-1256", "cp1256 windows-1256 x-cp1256"},
    {"windows-1257", "cp1257 windows-1257 x-cp1257"},
    {"windows-1258", "cp1258 windows-1258 x-cp1258"},
    {"x-mac-cyrillic", "x-mac-cyrillic x-mac-ukrainian"},
    {"gbk", "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk"},
    {"gb18030", "gb18030"},
    {"big5", "big5 big5-hkscs cn-big5 csbig5 x-x-big5"},
    {"euc-jp", "cseucpkdfmtjapanese euc-jp x-euc-jp"},
    {kIso2022Jp, "csiso2022jp iso-2022-jp"},
    {"shift_jis", "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis"},
    {"euc-kr",
     "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
     "windows-949"},
    {kUserDefined, "x-user-defined"},
};

// The upper half of ISO 8859-16 from 0xA0 on, which ICU does not have; below it is Latin-1.
constexpr std::array<char16_t, 96> kPart16 = {
    0x00A0, 0x0104, 0x0105, 0x0141, 0x20AC, 0x201E, 0x0160, 0x00A7, 0x0161, 0x00A9, 0x0218, 0x00AB,
    0x0179, 0x00AD, 0x017A, 0x017B, 0x00B0, 0x00B1, 0x010C, 0x0142, 0x017D, 0x201D, 0x00B6, 0x00B7,
    0x017E, 0x010D, 0x0219, 0x00BB, 0x0152, 0x0153, 0x0178, 0x017C, 0x00C0, 0x00C1, 0x00C2, 0x0102,
    0x00C4, 0x0106, 0x00C6, 0x00C7, 0x00C8, 0x00C9, 0x00CA, 0x00CB, 0x00CC, 0x00CD, 0x00CE, 0x00CF,
    0x0110, 0x0143, 0x00D2, 0x00D3, 0x00D4, 0x0150, 0x00D6, 0x015A, 0x0170, 0x00D9, 0x00DA, 0x00DB,
    0x00DC, 0x0118, 0x021A, 0x00DF, 0x00E0, 0x00E1, 0x00E2, 0x0103, 0x00E4, 0x0107, 0x00E6, 0x00E7,
    0x00E8, 0x00E9, 0x00EA, 0x00EB, 0x00EC, 0x00ED, 0x00EE, 0x00EF, 0x0111, 0x0144, 0x00F2, 0x00F3,
    0x00F4, 0x0151, 0x00F6, 0x015B, 0x0171, 0x00F9, 0x00FA, 0x00FB, 0x00FC, 0x0119, 0x021B, 0x00FF,
};

std::string Normalized(std::string_view label) {
  constexpr std::string_view kBlanks = "\t\n\f\r ";
  const size_t begin = label.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  std::string name(label.substr(begin, label.find_last_not_of(kBlanks) - begin + 1));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

// Null: ICU does not have it.
UConverter* ConverterOf(LegacyEncoding encoding) {
  static std::array<UConverter*, std::size(kLegacy)> opened{};
  if (opened[encoding] == nullptr) {
    UErrorCode status = U_ZERO_ERROR;
    opened[encoding] = ucnv_open(kLegacy[encoding].name.data(), &status);
  }
  return opened[encoding];
}

// ICU's own substitute is a control character for some bytes of some encodings.
void Replace(const void*, UConverterToUnicodeArgs* args, const char*, int32_t,
             UConverterCallbackReason reason, UErrorCode* status) {
  if (reason > UCNV_IRREGULAR) return;
  constexpr char16_t kReplacement = 0xFFFD;
  *status = U_ZERO_ERROR;
  ucnv_cbToUWriteUChars(args, &kReplacement, 1, 0, status);
}

void DecodeBytewise(std::string_view name, std::span<const uint8_t> bytes, std::u16string& out) {
  for (const uint8_t byte : bytes) {
    if (name == kUserDefined) {
      out.push_back(byte < 0x80 ? byte : static_cast<char16_t>(0xF780 + byte - 0x80));
    } else {
      out.push_back(byte < 0xA0 ? byte : kPart16[byte - 0xA0]);
    }
  }
}

bool IsShift(std::span<const uint8_t> bytes) {
  if (bytes[0] != kEscape) return false;
  return bytes[1] == '(' ? bytes[2] == 'B' || bytes[2] == 'J'
                         : bytes[1] == '$' && (bytes[2] == '@' || bytes[2] == 'B');
}

// Where the last shift of ISO-2022-JP begins, and its length; 0 if there is none.
std::pair<size_t, size_t> LastShift(std::span<const uint8_t> bytes) {
  for (size_t at = bytes.size(); at >= kShiftSize; --at) {
    if (IsShift(bytes.subspan(at - kShiftSize, kShiftSize))) return {at - kShiftSize, kShiftSize};
  }
  return {0, 0};
}

// What has to come before the next piece, `pending` bytes at the end having given nothing yet.
LegacyState StateAfter(std::string_view name, std::span<const uint8_t> bytes, size_t pending) {
  LegacyState state;
  const auto keep = [&](std::span<const uint8_t> kept) {
    const size_t size = std::min(kept.size(), state.bytes.size() - state.size);
    std::copy_n(kept.begin(), size, state.bytes.begin() + state.size);
    state.size = static_cast<uint8_t>(state.size + size);
  };
  const auto done = bytes.first(bytes.size() - pending);
  if (name == kIso2022Jp) {
    const auto [at, length] = LastShift(done);
    keep(done.subspan(at, length));
    state.shift_size = state.size;
  }
  keep(bytes.last(pending));
  return state;
}

}  // namespace

size_t LegacyEncodings() { return std::size(kLegacy); }

std::string_view NameOf(LegacyEncoding encoding) { return kLegacy[encoding].name; }

std::optional<LegacyEncoding> LegacyOfLabel(std::string_view label) {
  const std::string wanted = Normalized(label);
  if (wanted.empty() || wanted.find(' ') != std::string::npos) return std::nullopt;
  for (size_t i = 0; i < std::size(kLegacy); ++i) {
    std::string_view labels = kLegacy[i].labels;
    while (!labels.empty()) {
      const std::string_view one = labels.substr(0, labels.find(' '));
      if (one == wanted) return i;
      labels.remove_prefix(std::min(labels.size(), one.size() + 1));
    }
  }
  return std::nullopt;
}

bool DecodeLegacy(LegacyEncoding encoding, std::span<const uint8_t> bytes, Errors errors, Cut cut,
                  LegacyState& state, std::u16string& out) {
  const std::string_view name = NameOf(encoding);
  if (name == kUserDefined || name == kIso8859Part16) {
    DecodeBytewise(name, bytes, out);
    return true;
  }
  UConverter* const converter = ConverterOf(encoding);
  if (converter == nullptr) return false;
  std::vector<uint8_t> joined;
  if (state.size > 0) {
    joined.assign(state.bytes.begin(),
                  state.bytes.begin() + std::min<size_t>(state.size, state.bytes.size()));
    joined.insert(joined.end(), bytes.begin(), bytes.end());
    // Two shifts with nothing between them would be an error.
    const bool shifts =
        state.shift_size == kShiftSize && joined.size() >= 2 * kShiftSize && joined[kShiftSize] == kEscape;
    bytes = std::span<const uint8_t>(joined).subspan(shifts ? kShiftSize : 0);
  }
  UErrorCode status = U_ZERO_ERROR;
  ucnv_reset(converter);
  ucnv_setToUCallBack(converter, errors == Errors::kFatal ? UCNV_TO_U_CALLBACK_STOP : Replace, nullptr,
                      nullptr, nullptr, &status);
  const char* from = reinterpret_cast<const char*>(bytes.data());
  const char* const end = from + bytes.size();
  std::array<char16_t, 1024> piece;
  do {
    char16_t* to = piece.data();
    status = U_ZERO_ERROR;
    ucnv_toUnicode(converter, &to, piece.data() + piece.size(), &from, end, nullptr, cut == Cut::kIsError,
                   &status);
    out.append(piece.data(), to);
  } while (status == U_BUFFER_OVERFLOW_ERROR);
  if (U_FAILURE(status)) return false;
  if (cut == Cut::kIsPending) {
    status = U_ZERO_ERROR;
    const int32_t pending = ucnv_toUCountPending(converter, &status);
    state = StateAfter(name, bytes, std::min(static_cast<size_t>(std::max(pending, 0)), bytes.size()));
  }
  return true;
}

}  // namespace evald
