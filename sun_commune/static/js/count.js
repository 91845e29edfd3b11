// Count down the characters of long texts. Counted as the server counts: by code point, line ends as one.
document.querySelectorAll('[data-count]').forEach(function (note) {
  var area = document.getElementById(note.dataset.count);
  if (!area) return;
  var timer;
  function tell() {
    var left = note.dataset.most - Array.from(area.value).length;
    note.textContent = (left < 0 ? note.dataset.over : note.dataset.left).replace('{n}', Math.abs(left));
  }
  note.setAttribute('aria-live', 'polite');
  area.addEventListener('input', function () { clearTimeout(timer); timer = setTimeout(tell, 400); });
  if (area.value) tell();
});
