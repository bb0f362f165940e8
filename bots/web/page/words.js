// Every word that the page itself says, by language.

const WORDS = {
  en: {
    skip: "Skip to your message", log: "Conversation", older: "Show earlier messages", down: "More below",
    placeholder: "Message Sona", answer: "Your answer", attach: "Add a file", speak: "Record a voice note",
    send: "Send", stop: "Stop", discard: "Discard the recording", sendVoice: "Send the voice note", recording: "Recording",
    connecting: "Connecting…", online: "Connected", offline: "Offline. Your messages wait here.",
    cookies: "Sona needs cookies to know this conversation as yours.",
    waiting: "Waiting to be sent", failed: "Not sent", again: "Try again", drop: "Remove",
    you: "You", sona: "Sona", voice: "Voice note", play: "Play", pause: "Pause", seek: "Position", speed: "Speed",
    unplayable: "This browser can’t play this recording.", save: "Save it", sources: "Sources", open: "Open the source",
    right: "Right", wrong: "Not quite", yours: "your answer", key: "right answer", choose: "Answers", typed: "Type or say your answer below.",
    order: "Tap the pieces in the right order.", check: "Check", clear: "Start over", built: "Your sentence", piece: "Pieces",
    noRecorder: "This browser can’t record sound here. You can type, or add a sound file.",
    noPermission: "The microphone isn’t allowed. Allow it in the browser’s settings for this page, then try again.",
    noMicrophone: "No microphone was found.", tooShort: "That was too short. Hold the button, or tap it once to start.",
    tooLarge: "“{name}” is over 25 MB.", uploadFailed: "“{name}” did not arrive.", uploading: "Sending {name}",
    cancel: "Cancel", dropHere: "Drop files here", typing: "Sona is writing", suggestions: "Suggestions",
    tooLong: "That message is too long.", unsent: "A voice note or file has not been sent yet.", question: "Question {progress}",
  },
  vi: {
    skip: "Tới ô nhập tin nhắn", log: "Cuộc trò chuyện", older: "Xem tin nhắn cũ hơn", down: "Còn nữa ở dưới",
    placeholder: "Nhắn cho Sona", answer: "Câu trả lời của bạn", attach: "Thêm tệp", speak: "Ghi âm lời nhắn",
    send: "Gửi", stop: "Dừng", discard: "Bỏ bản ghi âm", sendVoice: "Gửi lời nhắn thoại", recording: "Đang ghi âm",
    connecting: "Đang kết nối…", online: "Đã kết nối", offline: "Mất kết nối. Tin nhắn của bạn chờ ở đây.",
    cookies: "Sona cần cookie để biết cuộc trò chuyện này là của bạn.",
    waiting: "Đang chờ gửi", failed: "Chưa gửi được", again: "Thử lại", drop: "Bỏ",
    you: "Bạn", sona: "Sona", voice: "Lời nhắn thoại", play: "Phát", pause: "Tạm dừng", seek: "Vị trí", speed: "Tốc độ",
    unplayable: "Trình duyệt này không phát được bản ghi này.", save: "Lưu lại", sources: "Nguồn", open: "Mở nguồn",
    right: "Đúng", wrong: "Chưa đúng", yours: "bạn chọn", key: "đáp án đúng", choose: "Các đáp án", typed: "Gõ hoặc nói câu trả lời ở bên dưới.",
    order: "Chạm các mảnh theo đúng thứ tự.", check: "Kiểm tra", clear: "Làm lại", built: "Câu của bạn", piece: "Các mảnh",
    noRecorder: "Trình duyệt không ghi âm được ở đây. Bạn có thể gõ hoặc thêm một tệp âm thanh.",
    noPermission: "Micrô chưa được phép. Hãy cho phép trong cài đặt trình duyệt cho trang này rồi thử lại.",
    noMicrophone: "Không tìm thấy micrô.", tooShort: "Ngắn quá. Hãy giữ nút, hoặc chạm một lần để bắt đầu.",
    tooLarge: "“{name}” lớn hơn 25 MB.", uploadFailed: "“{name}” chưa gửi được.", uploading: "Đang gửi {name}",
    cancel: "Hủy", dropHere: "Thả tệp vào đây", typing: "Sona đang viết", suggestions: "Gợi ý",
    tooLong: "Tin nhắn này quá dài.", unsent: "Còn lời nhắn thoại hoặc tệp chưa gửi.", question: "Câu hỏi {progress}",
  },
  es: {
    skip: "Ir a tu mensaje", log: "Conversación", older: "Ver mensajes anteriores", down: "Hay más abajo",
    placeholder: "Escribe a Sona", answer: "Tu respuesta", attach: "Añadir un archivo", speak: "Grabar una nota de voz",
    send: "Enviar", stop: "Parar", discard: "Descartar la grabación", sendVoice: "Enviar la nota de voz", recording: "Grabando",
    connecting: "Conectando…", online: "Conectado", offline: "Sin conexión. Tus mensajes esperan aquí.",
    cookies: "Sona necesita cookies para saber que esta conversación es tuya.",
    waiting: "Esperando para enviarse", failed: "No enviado", again: "Reintentar", drop: "Quitar",
    you: "Tú", sona: "Sona", voice: "Nota de voz", play: "Reproducir", pause: "Pausar", seek: "Posición", speed: "Velocidad",
    unplayable: "Este navegador no puede reproducir esta grabación.", save: "Guardarla", sources: "Fuentes", open: "Abrir la fuente",
    right: "Correcto", wrong: "No del todo", yours: "tu respuesta", key: "respuesta correcta", choose: "Respuestas", typed: "Escribe o di tu respuesta abajo.",
    order: "Toca las piezas en el orden correcto.", check: "Comprobar", clear: "Empezar de nuevo", built: "Tu frase", piece: "Piezas",
    noRecorder: "Este navegador no puede grabar aquí. Puedes escribir o añadir un archivo de sonido.",
    noPermission: "El micrófono no está permitido. Permítelo en los ajustes del navegador para esta página e inténtalo otra vez.",
    noMicrophone: "No se encontró ningún micrófono.", tooShort: "Demasiado corto. Mantén el botón, o tócalo una vez para empezar.",
    tooLarge: "«{name}» supera los 25 MB.", uploadFailed: "«{name}» no llegó.", uploading: "Enviando {name}",
    cancel: "Cancelar", dropHere: "Suelta aquí los archivos", typing: "Sona está escribiendo", suggestions: "Sugerencias",
    tooLong: "Ese mensaje es demasiado largo.", unsent: "Hay una nota de voz o un archivo sin enviar.", question: "Pregunta {progress}",
  },
};

const tag = (navigator.languages ?? [navigator.language]).map((name) => name.slice(0, 2).toLowerCase()).find((name) => name in WORDS) ?? "en";

export const language = tag;

export function word(key, values = {}) {
  const text = WORDS[tag][key] ?? WORDS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
