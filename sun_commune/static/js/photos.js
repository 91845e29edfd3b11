// Make photos smaller on the phone before they travel: longest edge data-shrink pixels, JPEG.
// Whatever fails here leaves the original file in place; the server decides.
document.querySelectorAll('input[type=file][data-shrink]').forEach(function (input) {
  if (!window.createImageBitmap || !window.DataTransfer) return;
  var most = +input.dataset.shrink;
  input.addEventListener('change', function () {
    var picked = Array.from(input.files);
    var form = input.form;
    var work = Promise.all(picked.map(shrink)).then(function (files) {
      // Another choice was made meanwhile: its own turn will come.
      if (picked.some(function (file, i) { return file !== input.files[i]; })) return;
      var box = new DataTransfer();
      files.forEach(function (file) { box.items.add(file); });
      input.files = box.files;
    }).catch(function () {});
    if (form) form.shrinking = Promise.all([form.shrinking, work]);
  });
  function shrink(file) {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
    return createImageBitmap(file, { imageOrientation: 'from-image' }).then(function (image) {
      var scale = Math.min(1, most / Math.max(image.width, image.height));
      if (scale === 1 && file.size < 500000) return file;
      var canvas = document.createElement('canvas');
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      var pen = canvas.getContext('2d');
      pen.fillStyle = '#fff';
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) {
        canvas.toBlob(function (blob) {
          done(blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }) : file);
        }, 'image/jpeg', 0.82);
      });
    }).catch(function () { return file; });
  }
});
