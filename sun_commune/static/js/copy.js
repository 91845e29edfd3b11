// Copy share text: <button data-copy="#id" data-done="Copied" hidden>. The text itself stays selectable without us.
document.querySelectorAll('[data-copy]').forEach(function (button) {
  var source = document.querySelector(button.dataset.copy);
  if (!source) return;
  button.hidden = false;
  button.addEventListener('click', function () {
    var text = 'value' in source ? source.value : source.textContent.trim();
    var say = function () { button.textContent = button.dataset.done; };
    if (navigator.clipboard) return navigator.clipboard.writeText(text).then(say, select);
    select();
    function select() {
      var range = document.createRange();
      range.selectNodeContents(source);
      if (source.select) source.select(); else getSelection().removeAllRanges(), getSelection().addRange(range);
      if (document.execCommand('copy')) say();
    }
  });
});
