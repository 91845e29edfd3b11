// Black boxes over what is private: drawn here on the chosen picture, burnt in by the server (uploads/covers.py).
// The hidden field says left,top,width,height of each in thousandths. Without us, or for a PDF, a photo is chosen.
document.querySelectorAll('[data-covers]').forEach(function (part) {
  var field = part.closest('form').elements[part.dataset.covers];
  var paper = document.getElementById(part.dataset.paper), copy = document.getElementById(part.dataset.copy);
  var canvas = part.querySelector('canvas'), said = part.querySelector('output'), undo = part.querySelector('button');
  if (!field || !paper || !window.createImageBitmap || !window.PointerEvent) return;
  var picture = null, boxes = [], from = null, MOST = 60;
  paper.addEventListener('change', function () {
    var file = paper.files[0];
    begin(null);
    if (!file || !/^image\/(jpeg|png)$/.test(file.type)) return;
    createImageBitmap(file, { imageOrientation: 'from-image' }).then(function (image) {
      if (file !== paper.files[0]) return;
      var scale = Math.min(1, 1280 / Math.max(image.width, image.height));
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      begin(image);
    }).catch(function () {});
  });
  // Either a photo or boxes: the one that was chosen last.
  copy.addEventListener('change', function () { if (copy.files.length) begin(picture); });
  undo.addEventListener('click', function () { boxes.pop(); tell(); });
  canvas.addEventListener('pointerdown', function (event) {
    if (!picture || from || event.button || !event.isPrimary || boxes.length >= MOST) return;
    canvas.setPointerCapture(event.pointerId);
    from = place(event);
    event.preventDefault();
  });
  canvas.addEventListener('pointermove', function (event) {
    if (from && event.isPrimary) draw(between(from, place(event)));
  });
  canvas.addEventListener('pointerup', function (event) {
    if (!from || !event.isPrimary) return;
    var box = between(from, place(event));
    from = null;
    if (box[2] > 4 && box[3] > 4) {
      boxes.push(box);
      copy.value = '';
    }
    tell();
  });
  canvas.addEventListener('pointercancel', function () { from = null; draw(); });
  function begin(image) {
    picture = image;
    boxes = [];
    from = null;
    part.hidden = !picture;
    tell();
  }
  function place(event) {
    var edge = canvas.getBoundingClientRect();
    return [(event.clientX - edge.left) / edge.width, (event.clientY - edge.top) / edge.height]
      .map(function (share) { return Math.round(1000 * Math.min(1, Math.max(0, share))); });
  }
  function between(one, other) {
    return [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.abs(one[0] - other[0]), Math.abs(one[1] - other[1])];
  }
  function tell() {
    field.value = boxes.join(' ');
    said.textContent = (boxes.length < MOST ? said.dataset.some : said.dataset.most).replace('{n}', boxes.length);
    draw();
  }
  function draw(growing) {
    if (!picture) return;
    var pen = canvas.getContext('2d'), wide = canvas.width / 1000, high = canvas.height / 1000;
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    pen.fillStyle = '#000';
    boxes.concat(growing ? [growing] : []).forEach(function (box) {
      pen.fillRect(box[0] * wide, box[1] * high, box[2] * wide, box[3] * high);
    });
  }
});
