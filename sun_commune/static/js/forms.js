// A form is sent once, and typed words are not lost by a slip of the thumb.
(function () {
  var dirty = false;
  document.querySelectorAll('form').forEach(function (form) {
    if (form.method !== 'post') return;
    if (form.hasAttribute('data-leave')) {
      form.addEventListener('input', function () { dirty = true; });
      form.addEventListener('change', function () { dirty = true; });
    }
    form.addEventListener('submit', function (event) {
      if (form.dataset.sent) return event.preventDefault();
      if (form.shrinking) {
        // Photos are being made smaller: send when they are ready. Later, for if they are ready already
        // this event is still under way, and a form ignores being sent from within.
        event.preventDefault();
        var by = event.submitter;
        return form.shrinking.then(function () {
          form.shrinking = null;
          setTimeout(function () { form.requestSubmit(by); });
        });
      }
      form.dataset.sent = '1';
      dirty = false;
      // aria-disabled, not disabled: a disabled button would drop its name from what is sent.
      form.querySelectorAll('button').forEach(function (button) { button.setAttribute('aria-disabled', 'true'); });
    });
  });
  addEventListener('beforeunload', function (event) { if (dirty) { event.preventDefault(); event.returnValue = ''; } });
  // Back from the next page: the browser may show this one as it was left.
  addEventListener('pageshow', function () {
    document.querySelectorAll('form[data-sent]').forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll('button').forEach(function (button) { button.removeAttribute('aria-disabled'); });
    });
  });
  // Older browsers do not follow autofocus on a section.
  var summary = document.querySelector('section[autofocus]');
  if (summary) summary.focus();
})();
