/* Says in words why a passkey was not used; the ceremony itself is the library's. */
(function () {
  const WORDS = {
    NotAllowedError: "It was cancelled, or it took too long. Try again when you are ready.",
    InvalidStateError: "This device has a passkey for your account already.",
    NotSupportedError: "This browser or device has no passkeys.",
    SecurityError: "Browsers refuse passkeys at this address.",
  };

  function say(text) {
    const notice = document.querySelector("[data-passkey-error]");
    if (!notice) return;
    notice.querySelector("[data-passkey-text]").textContent = text;
    notice.hidden = false;
  }

  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    const error = event.detail.exception || {};
    say(WORDS[error.name] || "Something went wrong. Reload the page and try again.");
  });
  if (!window.PublicKeyCredential) {
    document.querySelectorAll("#passkey_login, #mfa_webauthn_add, #mfa_webauthn_authenticate").forEach(function (button) {
      button.addEventListener("click", function (event) {
        event.stopImmediatePropagation();
        event.preventDefault();
        say(WORDS.NotSupportedError);
      });
    });
  }
})();
