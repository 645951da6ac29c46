// What the answerfile editor uses of CodeMirror; web/static/editor.js imports it from the vendor folder.

export {autocompletion} from "@codemirror/autocomplete"
export {xml} from "@codemirror/lang-xml"
export {HighlightStyle, syntaxHighlighting} from "@codemirror/language"
export {forceLinting, lintGutter, linter, setDiagnostics} from "@codemirror/lint"
export {MergeView, unifiedMergeView} from "@codemirror/merge"
export {Compartment, EditorState} from "@codemirror/state"
export {EditorView, keymap} from "@codemirror/view"
export {tags} from "@lezer/highlight"
export {basicSetup} from "codemirror"
