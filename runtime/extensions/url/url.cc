#include "runtime/extensions/url/url.h"

#include <unicode/uidna.h>

#include <string>
#include <string_view>

#include "base/check.h"
#include "runtime/extensions/strings.h"
#include "runtime/extensions/url/url_bundle.h"

namespace evald {
namespace {

// Rules of the DNS and of hyphens, which the URL Standard does not ask for.
constexpr uint32_t kAllowed = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
                              UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
                              UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

// The tables are in ICU's library: nothing is opened for it.
const UIDNA* Rules() {
  static const UIDNA* const rules = [] {
    UErrorCode status = U_ZERO_ERROR;
    const UIDNA* const opened =
        uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, &status);
    EVALD_CHECK(U_SUCCESS(status), "ICU knows international domain names");
    return opened;
  }();
  return rules;
}

// url_domain_to_ascii(domain): undefined if it is none.
void DomainToAscii(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const Utf16Text text(info.GetIsolate(), info[0].As<v8::String>());
  const std::u16string_view domain = text.view();
  UIDNAInfo found = UIDNA_INFO_INITIALIZER;
  UErrorCode status = U_ZERO_ERROR;
  std::u16string out(domain.size() + 64, u'\0');
  const auto convert = [&] {
    found = UIDNA_INFO_INITIALIZER;
    status = U_ZERO_ERROR;
    return uidna_nameToASCII(Rules(), domain.data(), static_cast<int32_t>(domain.size()), out.data(),
                             static_cast<int32_t>(out.size()), &found, &status);
  };
  int32_t length = convert();
  if (status == U_BUFFER_OVERFLOW_ERROR) {
    out.resize(static_cast<size_t>(length));
    length = convert();
  }
  if (U_FAILURE(status) || (found.errors & ~kAllowed) != 0) return;
  ReturnString(info, std::u16string_view(out).substr(0, static_cast<size_t>(length)));
}

}  // namespace

Extension UrlExtension() { return WithOps(UrlBundle(), {{"url_domain_to_ascii", DomainToAscii}}); }

}  // namespace evald
